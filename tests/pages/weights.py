"""What the person's pages weigh over the wire, and how long they take: `python -m tests.pages.weights http://…`.

HTML is not compressed, since a page can hold a secret beside what somebody sent (BREACH); style sheets and scripts are.
"""

import re
import sys
import time
from uuid import uuid4

import httpx

TIMES = 20


def page_of(http: httpx.Client, path: str) -> httpx.Response:
    """A page as somebody gets it: the receipt and the follow-up come from forms."""
    if path == "receipt":
        return http.post("/feedback", data={"text": "Weighed.", "key": str(uuid4())})
    if path == "follow-up":
        code = http.post("/v1/feedback", json={"channel": "web", "kind": "complaint", "text": "Weighed."}).json()
        return http.post("/follow", data={"code": code["tracking_code"]})
    return http.get(path)


def assets_of(http: httpx.Client, page: str) -> int:
    """Bytes of everything else that a browser fetches for it, as they come over the wire."""
    size = 0
    for address in sorted(set(re.findall(r'(?:href|src)="(/assets/[^"]+)"', page))):
        with http.stream("GET", address, headers={"Accept-Encoding": "gzip"}) as answer:
            size += sum(len(part) for part in answer.iter_raw())
    return size


def weigh(base_url: str) -> None:
    """A line a page: HTML, everything at the first visit, and the median time of the page itself."""
    print(f"{'page':<12}{'HTML':>8}{'first visit':>13}{'median ms':>11}")
    with httpx.Client(base_url=base_url, timeout=30) as http:
        for path in ("/", "/feedback", "receipt", "/follow", "follow-up"):
            took = []
            for _ in range(TIMES):
                started = time.perf_counter()
                page = page_of(http, path)
                took.append(time.perf_counter() - started)
            html = len(page.content)
            whole = html + assets_of(http, page.text)
            print(f"{path:<12}{html:>8}{whole:>13}{sorted(took)[TIMES // 2] * 1000:>11.1f}")


if __name__ == "__main__":
    weigh(sys.argv[1])
