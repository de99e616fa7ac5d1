"""A sample with one of everything, for the tests of the front end. slowpath: ignore"""
from __future__ import annotations

import os, a.b.c, a.d as d
from typing import TYPE_CHECKING, Optional as Opt
from .. import pkg
from .models import *
from .models import (
    User,  # slowpath: ignore[x]
    Team as T,
)

if TYPE_CHECKING:
    from m import X
elif os.name == "nt":
    pass
else:
    X = None

@decorated
@app.route("/users/<id>", methods=["GET"])
async def view(request, /, id: int = 3, *args: "list[User]", key=lambda u: u.id, **kw) -> Opt["X"]:
    global counter
    counter += 1
    async with session() as s, open("é", 'rb') as (f, g):
        async for row in s.stream(f"SELECT {', '.join(cols)!r:>{width}} FROM t WHERE é = {{id}}"):
            yield row
    users = [await load(u) for u in ids if u if not u.x for v in u.vs]
    await asyncio.gather(*[fetch(u) for u in users], *map(fetch, users))
    return {"a": 1, b: 2, **{k: v for k, v in kw.items()}}, {1, 2}, {x async for x in y}

class User(Base, metaclass=Meta):
    x: int
    name: Mapped["str"] = field(default=0x_ff)
    a, b = c = 1, 2.5e3j
    class Meta:
        ordering = ["-é"]
    @cached_property
    def total(self):
        self.cache: dict[str, Annotated[int, "doc"]] = {}
        return sum(i.price * -i.count ** 2 for i in self.items.all()[1:-1:2, ...])
    @total.setter
    def total(self, value): self._total = value
    @staticmethod
    def make(*, flag=False): return User(flag if flag else not flag)

def walk(tree):
    nonlocal seen
    try:
        while (node := tree.pop()) is not None and 0 < node.depth <= 10:
            for i, (left, *rest) in enumerate(node): print(i, left, rest)
            else:
                continue
            break
    except (KeyError, ValueError) as e:
        raise Error("x" f"{e}" rb'\x00') from e
    except* OSError:
        del tree[0], tree.x
    else:
        assert node not in tree, "no " + str(node)
    finally:
        lambda: (yield from tree)
    match tree, 1:
        case [Node(a, left=b) as n, *_] | {"k": v, **rest} if a > b:
            return
        case -1 | "s" | mod.CONST: pass
        case _: pass

type Pair[K] = tuple[K, K]
print "old", x
x = y = sorted(xs, key=lambda e: e.é); xs.sort(key=len)
@
def broken(a, b:
    return [a, (b
