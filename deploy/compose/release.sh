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
    at=$(docker compose port "$1" 8000)
    echo "upstream shop { server $at; }" > "$upstream.new"
    mv "$upstream.new" "$upstream"
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
# As many of each as there are, one service after the other; one of what the release adds.
services=$(docker compose config --services)
for service in $(echo "$services" | sort | grep -Ex 'relay|worker-.+|work|beat|flower'); do
    containers=$(docker compose ps --all --quiet "$service")
    count=$(echo "$containers" | grep -c . || true)
    [ "$count" -gt 0 ] || count=1
    start --scale "$service=$count" "$service"
done
