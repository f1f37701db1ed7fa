"""Every rule about Cloud.ru's assumptions, by the field's place in the block."""

from collections.abc import Sequence

from clouds.cloudru.spellings import NOT_THERE
from domain.probing import cloudru_knowledge, cloudru_models, common
from domain.probing.finding import Finding, Rule, differs, holds, same, untold
from domain.probing.seen import Seen


def _acl(seen: Seen, value: bool) -> Finding:  # noqa: FBT001  # a rule takes the value that the block holds
    if seen.measured.acl_taken is None:
        return untold("no object was written")
    taken = seen.measured.acl_taken
    return same(taken, value, f"the store {'takes' if taken else 'refuses'} the canned ACL")


def _register(seen: Seen, value: bool) -> Finding:  # noqa: FBT001  # as above
    if seen.measured.bucket_registered is None:
        return untold("no bucket was made")
    return same(seen.measured.bucket_registered, value, "a bucket was made and used so")


def _etag(seen: Seen, value: bool) -> Finding:  # noqa: FBT001  # as above
    whole = [each for each in seen.objects if "-" not in each.etag]  # one sent in parts has another
    if seen.measured.etag_is_md5 is not None:
        return same(seen.measured.etag_is_md5, value, "an object of known content was written")
    if not whole:
        return untold("no small object was found in the buckets that were named")
    right = all(each.etag == each.md5 for each in whole)
    return same(right, value, f"{len(whole)} objects were read, and their ETag {'is' if right else 'is not'} their MD5")


def _mappings(seen: Seen, value: Sequence[str]) -> Finding:
    in_url = seen.asked(below="/v2/secret/")
    in_body = [*seen.asked(last="v2/secret"), *seen.asked(below="/v2/version")]
    spoken = [
        name for name, asked in (("path_in_url", in_url), ("path_in_body", in_body)) if any(e.good for e in asked)
    ]
    if not spoken:
        return untold("no secret was found in either mapping: give the path of one under Secrets")
    if value[0] in spoken:
        return holds(f"{value[0]} is spoken")
    refused = [each for each in (in_url if value[0] == "path_in_url" else in_body) if each.status in NOT_THERE]
    if refused and cloudru_models.secrets(seen):
        return differs(f"{value[0]} answered {refused[0].status} for a secret that {spoken[0]} finds", tuple(spoken))
    return untold(f"{spoken[0]} is spoken; the project has no secret to ask {value[0]} for")


def _log_name(seen: Seen, value: str) -> Finding:
    names = [str(each.get("name")) for each in seen.entries("ListLogGroupsResponse", "logGroups")]
    return holds("a log group has that name") if value in names else untold("no log group has that name")


RULES: dict[str, Rule[Seen]] = {
    **common.RULES,
    "storage.send_acl": _acl,
    "storage.register_bucket": _register,
    "storage.etag_is_md5": _etag,
    "secret.mappings": _mappings,
    "logs.name": _log_name,
    **cloudru_models.RULES,
    **cloudru_knowledge.RULES,
}
