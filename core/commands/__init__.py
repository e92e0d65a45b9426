"""What the one-shot commands do, without their words."""
