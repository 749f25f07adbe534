CREATE DATABASE ecoute_intake;
CREATE DATABASE ecoute_routing;
CREATE DATABASE ecoute_analytics;
