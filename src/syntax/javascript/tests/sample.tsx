#!/usr/bin/env node
// A bit of everything, read by the tests of truncated files.
import fs, { readFile as read, type Stats } from "node:fs";
import * as path from 'path';
import type { User } from "./models";
import legacy = require("legacy");
const { a, b: c = 1, ...others } = require("./other");

/* slowpath: ignore-file[n-plus-one] sample */
@Injectable({ scope: `request ${id} ok` })
export abstract class UserService<T extends object = {}> extends Base<T> implements OnInit {
  @Input() private readonly name?: string = "x\n\u{41}";
  static #count = 0;
  static { UserService.#count++; }
  handle = async <K,>(event: Event, [first, , ...rest]: K[]) => {
    await this.repo?.save?.(event);
  };

  constructor(private readonly prisma: PrismaService, @Inject(TOKEN) public cache = new Map<string, T>()) {
    super();
  }

  get size(): number { return this.cache.size; }
  abstract later(id: string): Promise<T | null>;

  async list(ids: string[], { page = 1, size: limit }: Paging = {}): Promise<User[]> {
    const users: User[] = [];
    outer: for (const id of ids) {
      const user = await this.prisma.user.findUnique({ where: { id }, include: { posts: true } });
      if (!user) continue outer;
      else if (user.posts.length > 0 && page !== 2) users.push(user as User);
      switch (user.role) {
        case "admin": { break outer; }
        default: users[users.length - 1]!.role ??= `r-${user.role.toLowerCase()}-${limit}`;
      }
    }
    for (let i = 0, n = users.length; i < n; i++) { total += users[i]?.age ** 2; }
    for await (const chunk of stream(/a[/]b+/gi)) console.log(typeof chunk, void 0);
    do { limit-- } while (limit > 0x10_00 || 1.5e3);
    try { delete others.x; } catch ({ message }) { throw new Error(message); } finally { done(); }
    await Promise.all(users.map((u) => this.load(u.id)));
    return users.filter(Boolean).reduce((all, u) => [...all, u], [] as User[]);
  }
}

interface Props extends Base, ns.Other<string> { id: string; items?: readonly Item[]; on(e: Event): void; [key: string]: unknown }
type Rows = { [K in keyof Props]: Props[K] } & Record<string, (row: Row) => void> | typeof legacy | `a${string}`;
enum Color { Red = 1, Green, "Blue sky" = Red << 2 }
declare module "x" { export const y: import("z").W; }
namespace Inner.Deep { export function* numbers() { yield 1; yield* more(); } }

export const View = ({ items, children }: Props) => (
  <Layout title="列表" {...others} wide>
    {items?.map((item) => <Item key={item.id} onClick={() => go(item)}>{item.名}</Item>)}
    <p className={css`a: ${c}`}>&amp; text {/* note */}<>{children}</></p>
  </Layout>
);
(function () { var [x, y] = [y, x], z = (1, 2); })();
export { a as default, c } ; export * as all from "./all"; export * from './more';
module.exports = { a, b() {}, get d() { return 1 }, [key]: null, 'e-f': import("./lazy") };
