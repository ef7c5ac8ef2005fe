"""What stands behind `make`: set-up, embedded servers, supervision. The shop never imports it."""
