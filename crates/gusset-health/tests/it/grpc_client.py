"""Asks a server of `grpc.health.v1` at the address given, by the reference client.

Prints what it was told of each service, then a line as soon as its watchers hear, and at their end
what they heard.
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


for service in ["", "liveness", "readiness", "shop.v1.Cart", "nobody"]:
    print(f"check {service!r}: {check(service)}")

if hasattr(health_pb2, "HealthListRequest"):
    listed = stub.List(health_pb2.HealthListRequest(), timeout=10).statuses
    for service in sorted(listed):
        print(f"list {service!r}: {name(listed[service].status)}")

heard = {"": [], "nobody": []}
hearing = threading.Semaphore(0)


def watch(service):
    try:
        for response in stub.Watch(health_pb2.HealthCheckRequest(service=service)):
            heard[service].append(name(response.status))
            hearing.release()
    except grpc.RpcError as error:
        heard[service].append(error.code().name)


watchers = [threading.Thread(target=watch, args=(service,)) for service in heard]
for watcher in watchers:
    watcher.start()
for _ in watchers:
    hearing.acquire()
print("watching", flush=True)
for watcher in watchers:
    watcher.join()
for service, words in heard.items():
    print(f"watch {service!r}: {' '.join(words)}")
