"""`python -m docs` writes the lists in docs/: flows, parameters, blocks, assumptions, decisions."""

from docs.generator import pages
from docs.generator.flows_page import flows_page

if __name__ == "__main__":
    written = {
        pages.PAGE: pages.page(),
        pages.BLOCKS_PAGE: pages.blocks_page(),
        pages.FLOWS_PAGE: flows_page(),
        pages.DECISIONS: pages.decisions_page(),
    }
    written |= {path: pages.api_page(path) for path in pages.API_PAGES}
    for path, text in written.items():
        path.write_text(text, encoding="utf-8")
        print(f"wrote {path}")
