"""A person's leave before something is done: `gate` around a function or a block, `confirm`, `ask_human`, `take_approved`.

Every function here takes a `Client` and blocks, or an `AsyncClient` and is awaited.
"""
from __future__ import annotations

import functools
import inspect
from types import TracebackType
from typing import TYPE_CHECKING, Any, Awaitable, Callable, Dict, Mapping, Optional, Type, TypeVar, Union, overload

from ._client import AsyncClient, Client
from ._gating import Answered, Confirmed, GateState, Passed, ask_human_steps, confirm_steps, gate_steps, look_steps
from ._taking import Taken, take_steps
from ._waiting import Asking

if TYPE_CHECKING:
    from .types import Approval

F = TypeVar("F", bound=Callable[..., Any])

#: A text, or how to make one from the arguments.
TextOf = Union[str, Callable[[Mapping[str, Any]], str]]


class _Gate:
    """What both kinds of gate know: what is asked for, and how it is waited for."""

    def __init__(
        self,
        tool: str,
        arguments: Optional[Mapping[str, Any]],
        title: Optional[TextOf],
        key: Optional[TextOf],
        approval_as: Optional[str],
        fields: Dict[str, Any],
        asking: Asking,
    ) -> None:
        self._tool = tool
        self._arguments = arguments
        self._title = title
        self._key = key
        self._approval_as = approval_as
        self._fields = fields
        self._asking = asking

    def _call(self, arguments: Mapping[str, Any]) -> Dict[str, Any]:
        title = {} if self._title is None else {"title": _made(self._title, arguments)}
        return {**self._fields, **title, "tool": self._tool, "arguments": dict(arguments)}

    def _asking_for(self, arguments: Mapping[str, Any]) -> Asking:
        if self._key is None:
            return self._asking
        return Asking(**{**self._asking.__dict__, "key": _made(self._key, arguments)})

    def _given(self) -> Mapping[str, Any]:
        if self._arguments is None:
            raise TypeError("gate(…) as a block needs `arguments`")
        return self._arguments

    def _named(self, function: Callable[..., Any]) -> Callable[..., Dict[str, Any]]:
        """How the arguments of a call of a function are named: what a reviewer sees."""
        parameters = [p for p in inspect.signature(function).parameters.values() if p.name != self._approval_as]
        for parameter in parameters:
            if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.VAR_POSITIONAL):
                raise TypeError(f"{function.__name__}: a gated function's arguments need names, {parameter.name} has none")
        signature = inspect.Signature(parameters)

        def named(*args: Any, **kwargs: Any) -> Dict[str, Any]:
            bound = signature.bind(*args, **kwargs)
            bound.apply_defaults()
            arguments: Dict[str, Any] = {}
            for name, value in bound.arguments.items():
                if signature.parameters[name].kind is inspect.Parameter.VAR_KEYWORD:
                    arguments.update(value)
                else:
                    arguments[name] = value
            return arguments

        return named

    def _keywords(self, passed: Passed) -> Dict[str, Any]:
        return passed.arguments if self._approval_as is None else {**passed.arguments, self._approval_as: passed.approval}


class Gate(_Gate):
    """Made by `gate(client, …)`: a decorator of functions, or a block (`with`)."""

    def __init__(self, client: Client, *rest: Any) -> None:
        super().__init__(*rest)
        self._client = client

    def __call__(self, function: F) -> F:
        """The function, which runs only with leave, on the arguments that were approved."""
        named = self._named(function)

        @functools.wraps(function)
        def gated(*args: Any, **kwargs: Any) -> Any:
            return function(**self._keywords(self._pass(named(*args, **kwargs))))

        return gated  # type: ignore[return-value]

    def __enter__(self) -> Passed:
        return self._pass(self._given())

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        return None

    def _pass(self, arguments: Mapping[str, Any]) -> Passed:
        client, asking = self._client, self._asking_for(arguments)
        return client._run(gate_steps(client._settings, client._known_keys, self._call(arguments), asking))


class AsyncGate(_Gate):
    """Made by `gate(async_client, …)`: a decorator of coroutine functions, or a block (`async with`)."""

    def __init__(self, client: AsyncClient, *rest: Any) -> None:
        super().__init__(*rest)
        self._client = client

    def __call__(self, function: F) -> F:
        """The coroutine function, which runs only with leave, on the arguments that were approved."""
        if not inspect.iscoroutinefunction(function):
            raise TypeError(f"{function.__name__}: an AsyncClient gates coroutine functions (async def)")
        named = self._named(function)

        @functools.wraps(function)
        async def gated(*args: Any, **kwargs: Any) -> Any:
            return await function(**self._keywords(await self._pass(named(*args, **kwargs))))

        return gated  # type: ignore[return-value]

    async def __aenter__(self) -> Passed:
        return await self._pass(self._given())

    async def __aexit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        return None

    async def _pass(self, arguments: Mapping[str, Any]) -> Passed:
        client, asking = self._client, self._asking_for(arguments)
        return await client._run(gate_steps(client._settings, client._known_keys, self._call(arguments), asking))


def _made(text: TextOf, arguments: Mapping[str, Any]) -> str:
    return text if isinstance(text, str) else text(arguments)


@overload
def gate(
    client: Client,
    tool: str,
    arguments: Optional[Mapping[str, Any]] = None,
    *,
    title: Optional[TextOf] = None,
    key: Optional[TextOf] = None,
    timeout_seconds: Optional[float] = None,
    leave_pending: bool = False,
    is_repeatable: bool = False,
    on_asked: Optional[Callable[["Approval"], None]] = None,
    keys: Optional[Mapping[str, Any]] = None,
    approval_as: Optional[str] = None,
    approval_timeout_seconds: Optional[int] = None,
    **fields: Any,
) -> Gate: ...


@overload
def gate(
    client: AsyncClient,
    tool: str,
    arguments: Optional[Mapping[str, Any]] = None,
    *,
    title: Optional[TextOf] = None,
    key: Optional[TextOf] = None,
    timeout_seconds: Optional[float] = None,
    leave_pending: bool = False,
    is_repeatable: bool = False,
    on_asked: Optional[Callable[["Approval"], None]] = None,
    keys: Optional[Mapping[str, Any]] = None,
    approval_as: Optional[str] = None,
    approval_timeout_seconds: Optional[int] = None,
    **fields: Any,
) -> AsyncGate: ...


def gate(
    client: Union[Client, AsyncClient],
    tool: str,
    arguments: Optional[Mapping[str, Any]] = None,
    *,
    title: Optional[TextOf] = None,
    key: Optional[TextOf] = None,
    timeout_seconds: Optional[float] = None,
    leave_pending: bool = False,
    is_repeatable: bool = False,
    on_asked: Optional[Callable[["Approval"], None]] = None,
    keys: Optional[Mapping[str, Any]] = None,
    approval_as: Optional[str] = None,
    approval_timeout_seconds: Optional[int] = None,
    **fields: Any,
) -> Union[Gate, AsyncGate]:
    """Asks whether a tool call may go ahead and, if it is held, waits for a person's decision. What is inside runs only when
    the call may be made now, with the arguments that were approved: the reviewer's, where they edited them. A held call is
    let through once, however often it is asked for.

    As a decorator the function's own arguments are those that are asked for; as a block they are given.

    When the caller stops waiting (a cancelled task, Ctrl-C, out of time), the approval is withdrawn.

    :param title: what is requested, in a sentence; or how to make it from the arguments
    :param key: the caller's own name for this one request, such as `refund-A17`, or how to make it from the arguments. A
        program that was restarted and asks again with the same key and the same content gets the same approval and goes on
        waiting (for 7 days). Without one, it asks anew.
    :param timeout_seconds: how long this caller waits, 0 to look once; without it, as long as the approval lives
    :param leave_pending: leave the approval in the queue when this caller stops waiting, for a later one with the same key
    :param is_repeatable: doing it twice does no harm: with a `key`, a program that was restarted between taking the approval
        and acting gets its arguments again, instead of `AlreadyConsumedError`
    :param on_asked: told of the approval as soon as it is there, before anybody decided
    :param keys: the receipt keys that are trusted, kept from what `client.receipts.keys()` once answered
    :param approval_as: the parameter of the function that gets the approval (None where nobody was asked)
    :param approval_timeout_seconds: how long the approval lives
    :param fields: what else `POST /v1/gate` takes: `explanation`, `priority`, `checkpoint`, `impact`, `evidence`, …

    Inside raises, instead of running: BlockedError, RejectedError (`reason`), ExpiredError, CancelledError,
    AlreadyConsumedError, DigestError, UnprovenError (all `GateError`: must not act); TimeoutError; ApiError,
    ConnectionError.
    """
    if isinstance(key, str) and not key:
        raise ValueError("key must not be empty")
    if approval_timeout_seconds is not None:
        fields["timeout_seconds"] = approval_timeout_seconds
    asking = Asking(None, timeout_seconds, leave_pending, on_asked, is_repeatable, keys)
    rest = (tool, arguments, title, key, approval_as, fields, asking)
    return Gate(client, *rest) if isinstance(client, Client) else AsyncGate(client, *rest)


def _run(client: Union[Client, AsyncClient], steps: Any) -> Any:
    return client._run(steps)


@overload
def look_at_gate(
    client: Client, tool: str, arguments: Mapping[str, Any], *, key: str, **fields: Any
) -> GateState: ...
@overload
def look_at_gate(
    client: AsyncClient, tool: str, arguments: Mapping[str, Any], *, key: str, **fields: Any
) -> Awaitable[GateState]: ...
def look_at_gate(
    client: Union[Client, AsyncClient], tool: str, arguments: Mapping[str, Any], *, key: str, **fields: Any
) -> Union[GateState, Awaitable[GateState]]:
    """Asks as `gate` does, and comes back at once: for a program that stops while people decide, and later uses `gate` with
    the same key. Takes nothing: what is approved must still go through `gate` before it is acted on.

    :raises RejectedError: where the same was rejected lately
    """
    call = {**fields, "tool": tool, "arguments": dict(arguments)}
    return _run(client, look_steps(client._settings, call, Asking(key, leave_pending=True)))  # type: ignore[no-any-return]


@overload
def confirm(
    client: Client,
    title: str,
    *,
    output: Any = None,
    key: Optional[str] = None,
    timeout_seconds: Optional[float] = None,
    leave_pending: bool = False,
    is_repeatable: bool = False,
    on_asked: Optional[Callable[["Approval"], None]] = None,
    keys: Optional[Mapping[str, Any]] = None,
    approval_timeout_seconds: Optional[int] = None,
    **fields: Any,
) -> Confirmed: ...
@overload
def confirm(
    client: AsyncClient,
    title: str,
    *,
    output: Any = None,
    key: Optional[str] = None,
    timeout_seconds: Optional[float] = None,
    leave_pending: bool = False,
    is_repeatable: bool = False,
    on_asked: Optional[Callable[["Approval"], None]] = None,
    keys: Optional[Mapping[str, Any]] = None,
    approval_timeout_seconds: Optional[int] = None,
    **fields: Any,
) -> Awaitable[Confirmed]: ...
def confirm(
    client: Union[Client, AsyncClient],
    title: str,
    *,
    output: Any = None,
    key: Optional[str] = None,
    timeout_seconds: Optional[float] = None,
    leave_pending: bool = False,
    is_repeatable: bool = False,
    on_asked: Optional[Callable[["Approval"], None]] = None,
    keys: Optional[Mapping[str, Any]] = None,
    approval_timeout_seconds: Optional[int] = None,
    **fields: Any,
) -> Union[Confirmed, Awaitable[Confirmed]]:
    """Asks people to confirm an action that is described in words, or an `output` before it leaves, and waits. It returns only
    when it was approved, and once: the approval is taken for execution. It waits, repeats, withdraws and raises as `gate` does.
    """
    body = {**fields, "title": title}
    if output is not None:
        body["output"] = output
    if approval_timeout_seconds is not None:
        body["timeout_seconds"] = approval_timeout_seconds
    asking = Asking(key, timeout_seconds, leave_pending, on_asked, is_repeatable, keys)
    return _run(client, confirm_steps(client._settings, client._known_keys, body, asking))  # type: ignore[no-any-return]


@overload
def ask_human(
    client: Client,
    title: str,
    question: Mapping[str, Any],
    *,
    key: Optional[str] = None,
    timeout_seconds: Optional[float] = None,
    leave_pending: bool = False,
    on_asked: Optional[Callable[["Approval"], None]] = None,
    approval_timeout_seconds: Optional[int] = None,
    **fields: Any,
) -> Answered: ...
@overload
def ask_human(
    client: AsyncClient,
    title: str,
    question: Mapping[str, Any],
    *,
    key: Optional[str] = None,
    timeout_seconds: Optional[float] = None,
    leave_pending: bool = False,
    on_asked: Optional[Callable[["Approval"], None]] = None,
    approval_timeout_seconds: Optional[int] = None,
    **fields: Any,
) -> Awaitable[Answered]: ...
def ask_human(
    client: Union[Client, AsyncClient],
    title: str,
    question: Mapping[str, Any],
    *,
    key: Optional[str] = None,
    timeout_seconds: Optional[float] = None,
    leave_pending: bool = False,
    on_asked: Optional[Callable[["Approval"], None]] = None,
    approval_timeout_seconds: Optional[int] = None,
    **fields: Any,
) -> Union[Answered, Awaitable[Answered]]:
    """Asks people a question and waits for the answer. It returns only when somebody answered; that nobody did, or that
    somebody refused to, are errors, as with `gate`.

    :param question: JSON schema of the answer, from which the dashboard makes a form and the server checks what comes back
    """
    body = {**fields, "title": title, "question": dict(question)}
    if approval_timeout_seconds is not None:
        body["timeout_seconds"] = approval_timeout_seconds
    asking = Asking(key, timeout_seconds, leave_pending, on_asked)
    return _run(client, ask_human_steps(client._settings, body, asking))  # type: ignore[no-any-return]


@overload
def take_approved(
    client: Client,
    approval: "Approval",
    *,
    key: Optional[str] = None,
    is_repeatable: bool = False,
    keys: Optional[Mapping[str, Any]] = None,
) -> Taken: ...
@overload
def take_approved(
    client: AsyncClient,
    approval: "Approval",
    *,
    key: Optional[str] = None,
    is_repeatable: bool = False,
    keys: Optional[Mapping[str, Any]] = None,
) -> Awaitable[Taken]: ...
def take_approved(
    client: Union[Client, AsyncClient],
    approval: "Approval",
    *,
    key: Optional[str] = None,
    is_repeatable: bool = False,
    keys: Optional[Mapping[str, Any]] = None,
) -> Union[Taken, Awaitable[Taken]]:
    """Checks that an approved approval is what its digest and its receipt say, and takes it for execution: once, however
    often it is called. `gate` and `confirm` do it by themselves; this is for who waited in another way, such as for a webhook.
    """
    asking = Asking(key, is_repeatable=is_repeatable, keys=keys)
    return _run(client, take_steps(client._settings, client._known_keys, approval, asking))  # type: ignore[no-any-return]
