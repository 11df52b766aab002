"""The REST API under /api/v1/: it translates requests into one service call, and errors into problem documents."""
