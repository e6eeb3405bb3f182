"""The XML documents that a debugger reads through ``qXfer``, built from tables."""
