"""The REST API under /api/v1/: requests become one service call, errors problem documents."""
