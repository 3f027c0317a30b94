# One static program in an image with nothing else: no shell, no package manager, not root.
FROM node:20-bookworm-slim AS web
RUN apt-get update -qq && apt-get install -qq -y --no-install-recommends make >/dev/null
WORKDIR /src
COPY Makefile package.json package-lock.json ./
RUN make assets

FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
COPY --from=web /src/templates/static/kern templates/static/kern
ARG VERSION=dev
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=${VERSION}" -o /formwandel ./app \
 && mkdir -m 0700 /data

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /formwandel /usr/local/bin/formwandel
COPY --from=build --chown=nonroot:nonroot /data /data
WORKDIR /
VOLUME /data
ENV FORMWANDEL_ADDR=0.0.0.0:8080 FORMWANDEL_DATA=/data FORMWANDEL_BASE_URL=http://127.0.0.1:8080
EXPOSE 8080
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/formwandel"]
CMD ["serve"]
