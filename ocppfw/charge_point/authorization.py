"""Who may charge, and who may stop (1.6 sections 3.5, 3.9, 3.10, 4.1 and 5.11)."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any

from ocppfw.charge_point.authorization_cache import AuthorizationCache, IdTagInfo
from ocppfw.charge_point.policies import Policies


class Decision(enum.StrEnum):
    """What becomes of an idTag that is presented."""

    ALLOW = "allow"
    ASK = "ask"  # the central system, with Authorize
    REFUSE = "refuse"


class Knowledge(enum.StrEnum):
    """What the charge point itself knows of an idTag."""

    UNKNOWN = "unknown"
    VALID = "valid"
    NOT_VALID = "not valid"  # another status than Accepted, or expired

    @staticmethod
    def of(info: IdTagInfo | None) -> Knowledge:
        """What the list or the cache says; None where neither has the idTag."""
        if info is None:
            return Knowledge.UNKNOWN
        return Knowledge.VALID if info.accepted else Knowledge.NOT_VALID


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """In which an idTag is presented.

    Attributes:
        knowledge: what the charge point itself knows of it.
        online: True when Authorize can be sent now.
        pre_authorizes: configuration key LocalPreAuthorize.
        authorizes_offline: configuration key LocalAuthorizeOffline.
        allows_unknown_offline: configuration key AllowOfflineTxForUnknownId.
    """

    knowledge: Knowledge
    online: bool
    pre_authorizes: bool
    authorizes_offline: bool
    allows_unknown_offline: bool


def decide(situation: Situation) -> Decision:
    """Whether who presents an idTag may charge.

    A remote start is decided so, too, where AuthorizeRemoteTxRequests is true; else it is allowed,
    and the answer to StartTransaction decides (1.6 section 5.11).
    """
    return _decide_online(situation) if situation.online else _decide_offline(situation)


def _decide_online(situation: Situation) -> Decision:
    if situation.pre_authorizes and situation.knowledge is Knowledge.VALID:
        return Decision.ALLOW  # 1.6 section 3.5.2: the answer to StartTransaction checks it
    return Decision.ASK  # also what is known as not valid: that may have changed (section 3.5.1)


def _decide_offline(situation: Situation) -> Decision:
    match situation.knowledge:
        case Knowledge.VALID:
            allowed = situation.authorizes_offline  # 1.6 section 3.5.3
        case Knowledge.UNKNOWN:
            allowed = situation.allows_unknown_offline  # 1.6 section 3.5.4
        case Knowledge.NOT_VALID:
            allowed = False  # 1.6 section 3.5.4: must be refused, whatever else is allowed
    return Decision.ALLOW if allowed else Decision.REFUSE


def same_token(one: Any, other: Any) -> bool:
    """Whether two idTags (2.x: IdToken objects) are the same; case counts for nothing."""
    return bool(_key(one) == _key(other))


def _key(token: Any) -> Any:
    return token.lower() if isinstance(token, str) else (token["type"], token["idToken"].lower())


class Authorizer:
    """Decides with what the configuration says and what is known of idTags.

    All moments are those of the wall clock, in seconds since 1970.

    Args:
        policies: the configuration.
        cache: remembers what the central system has said.

    Attributes:
        cache: the same.
    """

    __slots__ = ("_policies", "cache")

    def __init__(self, policies: Policies, cache: AuthorizationCache) -> None:
        self._policies = policies
        self.cache = cache

    def learn(self, token: Any, info: IdTagInfo, now: float) -> None:
        """An answer to Authorize, StartTransaction or StopTransaction has said this of an idTag."""
        if self._policies.uses_cache:
            self.cache.learn(token, info, now)

    def known(self, token: Any, now: float) -> IdTagInfo | None:
        """What the charge point itself knows of an idTag, None if nothing."""
        return self.cache.find(token, now) if self._policies.uses_cache else None

    def decide_start(self, token: Any, now: float, online: bool, remote: bool = False) -> Decision:
        """Whether an idTag may charge.

        Args:
            token: the idTag (2.x: the IdToken object).
            now: the moment.
            online: True when Authorize can be sent now.
            remote: True when the central system wants the start.
        """
        if remote and not self._policies.authorizes_remote_starts:
            return Decision.ALLOW  # 1.6 section 5.11: the answer to StartTransaction decides
        return decide(self._situation(token, now, online))

    def decide_stop(
        self, starter: tuple[Any, str | None], token: Any, now: float, online: bool
    ) -> Decision:
        """Whether who presents an idTag may stop a transaction.

        Args:
            starter: the idTag that has started it, and the parentIdTag of that, None for none.
            token: the idTag that is presented.
            now: the moment.
            online: True when Authorize can be sent now.

        Returns:
            Allow for the starter, who is never asked about (1.6 section 4.1), and for who is known
            to be of the same group (section 3.10). Ask where the answer has to show that: then
            ``same_group`` of it decides.
        """
        starting, parent = starter
        if same_token(starting, token):
            return Decision.ALLOW
        if parent is None:
            return Decision.REFUSE
        decision = decide(self._situation(token, now, online))
        known = self.known(token, now)
        stranger = known is None or not same_group(parent, known.parent)
        return Decision.REFUSE if decision is Decision.ALLOW and stranger else decision

    def _situation(self, token: Any, now: float, online: bool) -> Situation:
        return Situation(
            knowledge=Knowledge.of(self.known(token, now)),
            online=online,
            pre_authorizes=self._policies.pre_authorizes,
            authorizes_offline=self._policies.authorizes_offline,
            allows_unknown_offline=self._policies.allows_unknown_offline,
        )


def same_group(one: str | None, other: str | None) -> bool:
    """Whether two parentIdTags, None for none, are those of one group (1.6 section 3.10).

    They are compared with one another, never with an idTag.
    """
    return one is not None and other is not None and same_token(one, other)
