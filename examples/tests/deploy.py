"""Prints the documents of a YAML file as JSON lines. Given a Kubernetes version, validates them."""

import json
import sys

import yaml

path, *version = sys.argv[1:]
with open(path) as file:
    for document in yaml.safe_load_all(file):
        if version:
            import kubernetes_validate

            kubernetes_validate.validate(document, version[0], strict=True)
        print(json.dumps(document))
