"""What several commands share: options, types of parameters, settings, errors, the terminal."""
