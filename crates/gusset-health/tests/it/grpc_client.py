"""Queries a `grpc.health.v1` server with the reference client.

Prints the status of each service, then `watching` once the watchers have received a status, and
finally all statuses that they received.
"""

import sys
import threading

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

stub = health_pb2_grpc.HealthStub(grpc.insecure_channel(sys.argv[1]))
name = health_pb2.HealthCheckResponse.ServingStatus.Name


def check(service):
    try:
        request = health_pb2.HealthCheckRequest(service=service)
        return name(stub.Check(request, timeout=10, wait_for_ready=True).status)
    except grpc.RpcError as error:
        return error.code().name


for service in ["", "liveness", "readiness", "shop.v1.Cart", "unknown"]:
    print(f"check {service!r}: {check(service)}")

if hasattr(health_pb2, "HealthListRequest"):
    statuses = stub.List(health_pb2.HealthListRequest(), timeout=10).statuses
    for service in sorted(statuses):
        print(f"list {service!r}: {name(statuses[service].status)}")

received = {"": [], "unknown": []}
first_status = threading.Semaphore(0)


def watch(service):
    try:
        for response in stub.Watch(health_pb2.HealthCheckRequest(service=service)):
            received[service].append(name(response.status))
            first_status.release()
    except grpc.RpcError as error:
        received[service].append(error.code().name)


watchers = [threading.Thread(target=watch, args=(service,)) for service in received]
for watcher in watchers:
    watcher.start()
for _ in watchers:
    first_status.acquire()
print("watching", flush=True)
for watcher in watchers:
    watcher.join()
for service, statuses in received.items():
    print(f"watch {service!r}: {' '.join(statuses)}")
