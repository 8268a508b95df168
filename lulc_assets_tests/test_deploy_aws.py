"""The Terraform of deploy/aws parses, names only what it declares, and grants no more than is used.

Whether AWS takes it is not tested: that needs Terraform's provider and an account.
"""

import re
import tomllib

import hcl2
import pytest

from benchmarks.cloud_cost.__main__ import gb_of_a_tile, month, storage_price, table
from lulc_assets.defs.policies import GPU_TAGS
from lulc_assets_tests.test_deploy import DEPLOY

AWS = DEPLOY / "aws"
REFERENCE = re.compile(r"\b(data\.)?((?:aws|tls)_[a-z0-9_]+)\.([a-z_]+)")
VARIABLE = re.compile(r"\bvar\.([a-z_]+)")


def plain(value):
    """Without the quotes and marks that the parser leaves."""
    if isinstance(value, dict):
        return {
            key.strip('"'): plain(inner) for key, inner in value.items() if not key.startswith("__")
        }
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return value.strip('"') if isinstance(value, str) else value


def blocks(kind):
    """Blocks of all files: of two labels (``resource``) or of one (``variable``)."""
    found = {}
    for path in sorted(AWS.glob("*.tf")):
        for block in plain(hcl2.loads(path.read_text("utf-8"))).get(kind, []):
            for label, inner in block.items():
                if kind in ("resource", "data"):
                    found |= {(label, name): body for name, body in inner.items()}
                else:
                    found[label] = inner
    return found


RESOURCES, DATA = blocks("resource"), blocks("data")
TEXT = "\n".join(path.read_text("utf-8") for path in sorted(AWS.glob("*.tf")))


def test_every_name_that_is_used_is_declared():
    code = re.sub(r"#.*", "", TEXT)
    for of_data, kind, name in REFERENCE.findall(code):
        assert (kind, name) in (DATA if of_data else RESOURCES), f"{of_data}{kind}.{name}"


def test_variables_are_declared_described_and_used():
    declared = blocks("variable")
    assert set(VARIABLE.findall(TEXT)) == set(declared)
    assert all(variable["description"] for variable in declared.values())


def statements(name):
    return DATA["aws_iam_policy_document", name]["statement"]


def test_pods_may_do_what_the_store_needs_and_nothing_else():
    allowed = {action for s in statements("pods") for action in s["actions"]}
    said = (DEPLOY.parent / "docs" / "deploy-server.md").read_text("utf-8")
    needed = set(re.findall(r"s3:[A-Z]\w+", said))
    assert {action for action in allowed if action.startswith("s3:")} == needed
    assert allowed - needed == {"kms:Decrypt", "kms:GenerateDataKey"}
    for statement in statements("pods"):
        assert not any("*" in action for action in statement["actions"])
        assert not any(resource in ("*", "arn:aws:s3:::*") for resource in statement["resources"])
    assert "${aws_s3_bucket.products.arn}/*" not in statements("pods")[0]["resources"]


def test_only_the_service_account_of_the_manifests_gets_the_role():
    by_variable = {c["variable"]: c["values"] for c in statements("pods_assume")[0]["condition"]}
    assert by_variable["${local.issuer}:sub"] == ["system:serviceaccount:lulc:lulc"]


@pytest.mark.parametrize("name", ["products", "logs"])
def test_buckets_are_versioned_encrypted_and_private(name):
    versioning = RESOURCES["aws_s3_bucket_versioning", name]["versioning_configuration"][0]
    assert versioning["status"] == "Enabled"
    assert ("aws_s3_bucket_server_side_encryption_configuration", name) in RESOURCES
    blocked = RESOURCES["aws_s3_bucket_public_access_block", name]
    assert all(value is True for key, value in blocked.items() if key != "bucket")


def test_the_database_is_encrypted_private_and_its_password_is_nowhere():
    database = RESOURCES["aws_db_instance", "this"]
    for setting in ("storage_encrypted", "deletion_protection", "manage_master_user_password"):
        assert database[setting] is True
    assert database["publicly_accessible"] is False
    assert "password" not in database


def test_gpu_nodes_have_the_label_and_the_taint_that_gpu_steps_ask_for():
    nodes = RESOURCES["aws_eks_node_group", "gpu"]
    pod = GPU_TAGS["dagster-k8s/config"]["pod_spec_config"]
    assert nodes["labels"] == pod["node_selector"]
    (toleration,) = pod["tolerations"]
    assert nodes["taint"][0]["key"] == toleration["key"]
    assert nodes["taint"][0]["effect"] == "NO_SCHEDULE"
    assert nodes["scaling_config"][0]["min_size"] == 0


def test_the_costs_of_the_guide_are_those_of_the_arithmetic():
    prices = tomllib.loads((AWS / "prices.toml").read_text("utf-8"))
    guide = (DEPLOY.parent / "docs" / "deploy-aws.md").read_text("utf-8")
    assert table(prices) in guide
    assert f"noted {prices['noted']}" in guide


def test_each_gigabyte_is_charged_at_the_price_of_its_step():
    steps = [[100, 2.0], [200, 1.0], [float("inf"), 0.5]]
    assert storage_price(50, steps) == 100
    assert storage_price(150, steps) == 250
    assert storage_price(400, steps) == 400


def test_a_month_without_tiles_costs_the_services():
    prices = tomllib.loads((AWS / "prices.toml").read_text("utf-8"))
    none, ten = month(0, prices), month(10, prices)
    assert none.total == none.services == ten.services
    assert ten.stored_gb == pytest.approx(10 * gb_of_a_tile())
