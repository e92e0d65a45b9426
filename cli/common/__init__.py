"""What several commands share: options, errors, paragraphs, paths."""
