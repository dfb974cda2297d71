"""Start the service in open mode beside the charts, and print what each client has to be given; ends with Ctrl-C."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.ehr.charts import of_samples
from tests.sandbox.charts_server import Base, running

_CHARTS_PORT = 8090


def lines(service: str, bases: Sequence[Base]) -> Iterator[str]:
    """Write what the clients are to be given."""
    yield f"Service: {service} (open mode: pages of this machine may call it). Sample charts, each a FHIR server:"
    yield from (f"  {base.address}  patient {base.charted.patient}  ({base.charted.id})" for base in bases)
    one = bases[0].address
    yield "What the clients are given (the first chart stands for any):"
    yield f"  cds-hooks/sandbox       FHIR server {one}, CDS service {service}/cds-services"
    yield f"  crd-request-generator   EHR {one}, CRD server {service}, order-sign {service}/cds-services/order-sign-crd"
    yield f"  br-provider             the same two, payer FHIR base {service}/fhir"
    yield f"  HL7 DTR app             launch ?iss={one}&launch=1, payer FHIR base {service}/fhir"
    yield f"  smart-forms             launch ?iss={one}&launch=1, forms from {service}/fhir/Questionnaire"
    yield f"  LHC-Forms               {service}/fhir/Questionnaire/margetuximab-initial"


def main(port: int) -> int:
    """Serve until it is stopped; returns the exit code of the service."""
    charts = {one.id.partition("-")[0]: one for one in of_samples()}
    with running(charts, _CHARTS_PORT) as bases, TemporaryDirectory() as folder:
        sys.stdout.write("\n".join((*lines(f"http://127.0.0.1:{port}", bases), "")))
        sys.stdout.flush()
        environment = {"CDS_DATABASE_URL": f"sqlite:///{Path(folder) / 'sandbox.sqlite'}", **os.environ}
        command = [sys.executable, "-m", "cds_service", "serve", "--port", str(port)]
        with subprocess.Popen(command, env=environment) as service:
            signal.signal(signal.SIGTERM, signal.default_int_handler)
            try:
                return service.wait()
            except KeyboardInterrupt:
                service.terminate()
                return service.wait()


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
