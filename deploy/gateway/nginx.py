"""The gateway as nginx runs it, where there is more than one machine: the same paths, written out."""

from deploy.gateway.paths import PREFIXES

PORTS = {"intake": 8001, "routing": 8002, "analytics": 8003}

HEAD = """\
# Made from deploy/gateway/paths.py by `ecoute gateway-conf`: change it there.
worker_processes auto;
pid /tmp/nginx.pid;
error_log stderr warn;
events { worker_connections 4096; }
http {
  access_log off;  # the services log requests, without addresses of persons
  server_tokens off;
  client_body_temp_path /tmp/body;
  proxy_temp_path /tmp/proxy;
  fastcgi_temp_path /tmp/fastcgi;
  uwsgi_temp_path /tmp/uwsgi;
  scgi_temp_path /tmp/scgi;
  client_max_body_size 24m;  # the largest batch
  large_client_header_buffers 4 16k;
  proxy_http_version 1.1;
  proxy_read_timeout 60s;
  proxy_set_header Host $host;
  proxy_set_header Connection "";
  proxy_set_header X-Forwarded-For $remote_addr;
  proxy_set_header X-Forwarded-Proto $scheme;
  proxy_next_upstream error timeout;  # a POST that was sent is not sent again
"""
TAIL = """\
    location = /healthz { return 200 "alive\\n"; }
    location / { return 404; }
  }
}
"""


def nginx_conf() -> str:
    """The whole file: an upstream a service, and a location a path."""
    upstreams = "".join(
        f"  upstream {service} {{ server {service}:{port} max_fails=0; keepalive 64; }}\n"
        for service, port in PORTS.items()
    )
    locations = "".join(
        _locations(prefix, service) for service, prefixes in PREFIXES.items() for prefix in sorted(prefixes)
    )
    return f"{HEAD}{upstreams}  server {{\n    listen 8000;\n{locations}{TAIL}"


def _locations(prefix: str, service: str) -> str:
    """A path and everything below it: nginx's prefixes are of characters, ours of segments."""
    passed = f"{{ proxy_pass http://{service}; }}"
    exact = f"    location = {prefix} {passed}\n"
    return exact if prefix == "/" else f"{exact}    location ^~ {prefix}/ {passed}\n"
