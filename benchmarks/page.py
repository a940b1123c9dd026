"""How long does a page with very many findings and recommendations take?

    python benchmarks/page.py [findings recommendations]        5,000 and 500 by default, seconds

The tables of the report's tests, with findings and recommendations multiplied: each recommendation rests on twenty
findings, each finding names what answers it.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from fairhearing.protect import protect
from fairhearing.publish.pages import page
from fairhearing.publish.reading import Evidence
from fairhearing.publish.rendering import html
from fairhearing.tables import from_rows
from tests import example_tables as example


def main(findings: int, recommendations: int) -> None:
    programme, tables = example.programme(), example.tables()
    found, asked = (tables[name].to_pylist() for name in ("findings", "recommendations"))
    many = [found[i % len(found)] | {"finding": f"F-{i}"} for i in range(findings)]
    asks = [
        asked[i % len(asked)] | {
            "recommendation": f"R-{i}", "rank": i + 1, "standing": "proposed",
            "findings": [f"F-{(37 * i + k) % findings}" for k in range(20)],
        }
        for i in range(recommendations)
    ]  # fmt: skip
    tables |= {"findings": from_rows("findings", many), "recommendations": from_rows("recommendations", asks)}
    began = time.process_time()
    safe = protect(tables, programme)
    made_safe = time.process_time()
    text = html(page(Evidence(safe, programme, example.facts()), 1))
    done = time.process_time()
    print(f"{findings:,} findings, {recommendations:,} recommendations, {len(text) / 1e6:.1f} MB of HTML")
    print(f"disclosure control {made_safe - began:.2f} CPU-s; the whole report {done - made_safe:.2f} CPU-s")


if __name__ == "__main__":
    given = [int(each) for each in sys.argv[1:]] or [5000, 500]
    main(*given)
