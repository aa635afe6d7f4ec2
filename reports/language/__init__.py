"""Words and number formats: names, vocabulary, sentences of rules."""
