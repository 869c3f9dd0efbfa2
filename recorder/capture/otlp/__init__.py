"""Receive what agents export by OpenTelemetry: OTLP over HTTP and gRPC, traces and logs.

A receiver runs in a process of its own: `flightlog serve`, or for one launch
`recorder.capture.otlp.launch.start_receiver`. Importing this package loads neither grpc nor
protobuf.
"""
