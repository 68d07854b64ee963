"""Gives a YAML file as JSON, one document a line; with a version of Kubernetes, validates each."""

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
