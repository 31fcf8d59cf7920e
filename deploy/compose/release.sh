#!/bin/sh
# Replaces the running shop by this checkout's, without a break. docs/deploy.md has what it needs.
# It ends at the first step that fails.
set -eu
upstream=${UPSTREAM_FILE:-/etc/nginx/conf.d/shop.conf}
reload=${RELOAD_PROXY:-systemctl reload nginx}

start() {
    docker compose up --detach --wait --no-deps "$@"
}
serve_from() {
    echo "upstream shop { server $(docker compose port "$1" 8000); }" > "$upstream"
    $reload
    sleep 5  # requests that the proxy has passed on to the other one are answered
}

docker compose build
docker compose run --rm --no-deps migrate
start web-spare
serve_from web-spare
start web
serve_from web
docker compose rm --stop --force web-spare
# As many of each as there are, one service after the other.
for service in $(docker compose ps --services | grep -Ex 'relay|worker-.+|work|beat|flower'); do
    start --scale "$service=$(docker compose ps --quiet "$service" | wc -l)" "$service"
done
