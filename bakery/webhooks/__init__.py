"""What Stripe and Twilio tell us."""
