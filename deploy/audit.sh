#!/usr/bin/env bash
# Bill of materials of the pins (CycloneDX), their known vulnerabilities, and what checkov says of the
# Terraform, the manifests and the Dockerfiles. Called by `make audit`: audit.sh BIN OUT
set -euo pipefail
bin=$1 out=$2
mkdir -p "$out"

"$bin/cyclonedx-py" requirements constraints.txt --output-reproducible \
    --of JSON -o "$out/sbom.json"
echo "$out/sbom.json: $(grep -c '"purl"' "$out/sbom.json") packages"

"$bin/checkov" --quiet --compact --skip-download --framework terraform -d deploy/aws
"$bin/checkov" --quiet --compact --skip-download --framework dockerfile -d deploy

# The list of vulnerabilities is a service of its own. A pin that it was not asked about is not known to
# be good: pip-audit passes such pins over and ends well.
"$bin/pip-audit" --requirement constraints.txt --no-deps --disable-pip --timeout 20 --format json \
    --output "$out/vulnerabilities.json" 2>"$out/pip-audit.log" || true
"$bin/python" - "$out/vulnerabilities.json" "${LULC_AUDIT_OFFLINE:-no}" <<'PYTHON'
import json, pathlib, sys

file, offline = pathlib.Path(sys.argv[1]), sys.argv[2]
pins = json.loads(file.read_text() or "{}").get("dependencies", []) if file.exists() else []
asked = [pin for pin in pins if "skip_reason" not in pin]
found = [f"{pin['name']} {pin['version']}: {bad['id']}, mended in {', '.join(bad['fix_versions']) or 'none'}"
         for pin in asked for bad in pin["vulns"]]
print("\n".join(found) or f"no known vulnerability in {len(asked)} pins")
left = len(pins) - len(asked)
if left or not pins:
    print(f"NOT CHECKED for vulnerabilities: {left or 'all'} pins; the service of known ones was not reached")
sys.exit(1 if found or ((left or not pins) and offline != "allowed") else 0)
PYTHON
