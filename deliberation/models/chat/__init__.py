"""Chat models as answerers: OpenAI, Anthropic, any OpenAI-compatible server, or a user's own LangChain model."""
