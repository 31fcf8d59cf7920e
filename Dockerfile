# One image for every process of the shop; docker-compose.yml has the command of each.

FROM python:3.13-slim AS packages
COPY requirements*.txt .
# What only some shops need, for example --build-arg EXTRAS=sqs; several by spaces.
ARG EXTRAS=
RUN python -m venv /packages \
 && for extra in "" $EXTRAS; do \
        /packages/bin/pip install --no-cache-dir --require-hashes -r "requirements${extra:+-$extra}.txt" \
            || exit 1; \
    done

FROM python:3.13-slim
ENV PATH=/packages/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    VAR_DIR=/var/lib/shop
RUN useradd --system --uid 10001 --no-create-home shop \
 && install --directory --owner=shop --group=shop /var/lib/shop \
        /var/lib/shop/documents /var/lib/shop/mail /var/lib/shop/run
COPY --from=packages /packages /packages
WORKDIR /srv/shop
COPY . .
# Files of a checkout under umask 077 are not readable by the image's user.
RUN chmod -R a+rX . && python -m compileall -q .
# Files that the shop writes are readable by its own user only.
USER shop
RUN SECRET_KEY=only-to-collect python manage.py collectstatic --no-input --verbosity 0
EXPOSE 8000
# The exec form, so that the process itself receives the stop signal.
CMD ["python", "manage.py", "serve", "--host", "0.0.0.0", "--port", "8000"]
