"""What the storefront's forms accept."""
