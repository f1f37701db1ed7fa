"""Cells that ended badly once: they are played with every sample."""

from tests.faults.cell import Cell

CONSOLE = r"^/console\.cloud\.ru/u-api"
ANY_ID = "[0-9a-f-]{36}"
FAILED_ONCE: tuple[Cell, ...] = (
    Cell("provision", rf"POST {CONSOLE}/inference/model-run/v1/{ANY_ID}/modelruns$", "lost-late"),
    Cell("provision", rf"POST {CONSOLE}/managed-rag/user-plane/api/v2/knowledge-bases$", "lost-late"),
    Cell("provision", r"POST ^/secretmanager\.api\.cloud\.ru/v2/secret/rag_with_mlinference$", "lost-late"),
    Cell("provision", rf"POST {CONSOLE}/logaas-bff-console/v1/{ANY_ID}/log-group$", "lost-late"),
    Cell("provision", r"GET ^/huggingface\.co/api/whoami-v2$", "gzip"),
    Cell("finetune", r"PUT ^/storage\.yandexcloud\.net/ai-fomo-drafts-prod/.+$", "gzip"),
    Cell("refresh", rf"POST {CONSOLE}/managed-rag/user-plane/api/v2/knowledge-bases/{ANY_ID}/versions$", "lost-late"),
)
