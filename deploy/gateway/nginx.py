"""The gateway as nginx runs it, where there is more than one machine: the same paths and errors, written out."""

from collections.abc import Mapping
from typing import get_args

from deploy.gateway.paths import NOWHERE, PREFIXES
from libs.common.languages import Language
from libs.common.problems import MEDIA_TYPE, ContentTooLarge, NotFound, Problem, ServiceUnavailable

PORTS = {"intake": 8001, "routing": 8002, "analytics": 8003}
LARGER = {"/v1/feedback/batch": ("intake", "24m")}
"""Where larger bodies are taken, which nginx hands on as they come: a service refuses at the head who shows no key."""
BELIEVED = ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
"""Networks of the house, where TLS ends before the gateway: what `X-Forwarded-…` says from there is believed."""
PROBLEMS: Mapping[str, type[Problem]] = {"404": NotFound, "413": ContentTooLarge, "502 504": ServiceUnavailable}
"""What nginx says by itself, by its own statuses; what a service says is handed on as it is."""
ASKS_FOR_A_PAGE = r"~^(GET|HEAD) (?!/v1/).* .*text/html"
"""A browser, for something that a person reads: by its method, path and `Accept`."""

HEAD = """\
# Made from deploy/gateway by `ecoute gateway-conf`: change it there.
worker_processes auto;
pid /tmp/nginx.pid;
error_log stderr crit;  # what is less grave names who asked: services log requests, without addresses of persons
events { worker_connections 4096; }
http {
  access_log off;
  server_tokens off;
  client_body_temp_path /tmp/body;
  proxy_temp_path /tmp/proxy;
  fastcgi_temp_path /tmp/fastcgi;
  uwsgi_temp_path /tmp/uwsgi;
  scgi_temp_path /tmp/scgi;
  client_max_body_size 1m;
  large_client_header_buffers 4 16k;
  real_ip_header X-Forwarded-For;
  real_ip_recursive on;
  map $http_x_forwarded_proto $asked_scheme { default $scheme; https https; }
  map $http_accept_language $language { default en; ~*^fr fr; }
  proxy_http_version 1.1;
  proxy_read_timeout 60s;
  proxy_set_header Host $http_host;
  proxy_set_header Connection "";
  proxy_set_header X-Forwarded-For $remote_addr;
  proxy_set_header X-Forwarded-Proto $asked_scheme;
  proxy_next_upstream error timeout;  # a POST that was sent is not sent again
"""


def nginx_conf(resolver: str | None = None) -> str:
    """The whole file: an upstream a service, a location a path, a location a problem.

    With the address of a resolver it asks where a service is every two seconds (nginx 1.27.3 or newer); else at its
    start alone: for names whose address stays.
    """
    return "".join(
        (
            HEAD,
            *(f"  set_real_ip_from {network};\n" for network in BELIEVED),
            f"  resolver {resolver} valid=2s;\n  resolver_timeout 2s;\n" if resolver else "",
            *(_upstream(service, port, moves=resolver is not None) for service, port in PORTS.items()),
            *(_words(problem) for problem in PROBLEMS.values()),
            '  map "$request_method $uri $http_accept" $nobodys {\n',
            f'    default @not_found;\n    "{ASKS_FOR_A_PAGE}" @nowhere;\n  }}\n',
            "  server {\n    listen 8000;\n",
            *(f"    error_page {statuses} = {_told_at(problem)};\n" for statuses, problem in PROBLEMS.items()),
            f"    location @nowhere {{ rewrite ^ {NOWHERE} break; proxy_pass http://intake; }}\n",
            *(_problem(problem) for problem in PROBLEMS.values()),
            *(_larger(path, service, size) for path, (service, size) in LARGER.items()),
            *(_locations(prefix, service) for service in PREFIXES for prefix in sorted(PREFIXES[service])),
            '    location = /healthz { return 200 "alive\\n"; }\n    location / { return 404; }\n  }\n}\n',
        )
    )


def _upstream(service: str, port: int, *, moves: bool) -> str:
    """A connection is left idle for less long than a service leaves it open, so that none is used as it closes."""
    zone, resolve = (f"zone {service} 64k; ", " resolve") if moves else ("", "")
    server = f"server {service}:{port}{resolve} max_fails=0;"
    return f"  upstream {service} {{ {zone}{server} keepalive 64; keepalive_timeout 10s; }}\n"


def _locations(prefix: str, service: str) -> str:
    """A path and everything below it: nginx's prefixes are of characters, ours of segments."""
    passed = f"{{ proxy_pass http://{service}; }}"
    exact = f"    location = {prefix} {passed}\n"
    return exact if prefix == "/" else f"{exact}    location ^~ {prefix}/ {passed}\n"


def _larger(path: str, service: str, size: str) -> str:
    handed_on = f"client_max_body_size {size}; proxy_request_buffering off; proxy_pass http://{service};"
    return f"    location = {path} {{ {handed_on} }}\n"


def _words(problem: type[Problem]) -> str:
    """The body of a problem, by language."""
    bodies = (f"    {language} {_quoted(problem, language)};\n" for language in get_args(Language))
    return f"  map $language ${_name(problem)} {{\n{''.join(bodies)}  }}\n"


def _problem(problem: type[Problem]) -> str:
    headers = {"Content-Language": "$language", **problem.headers}
    said = "".join(f"add_header {name} {value} always; " for name, value in headers.items())
    answered = f"default_type {MEDIA_TYPE}; {said}return {problem.status} ${_name(problem)};"
    return f"    location @{_name(problem)} {{ {answered} }}\n"


def _told_at(problem: type[Problem]) -> str:
    return "$nobodys" if problem is NotFound else f"@{_name(problem)}"


def _name(problem: type[Problem]) -> str:
    return problem.type.rpartition(":")[2].replace("-", "_")


def _quoted(problem: type[Problem], language: Language) -> str:
    body = problem().body(language).model_dump_json(exclude_none=True)
    return "'{}'".format(body.replace("'", "\\'"))
