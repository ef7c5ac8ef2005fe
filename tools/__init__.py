"""What `make run` and `make test` stand on: set-up, embedded servers, supervision. Never imported by the shop."""
