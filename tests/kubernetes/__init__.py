"""The manifests of deploy/kubernetes: valid, and true to the shop that they start."""
