"""The room that people look through: command line and screens. It shows, it computes nothing."""
