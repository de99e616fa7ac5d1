//! Classes, interfaces, enums, aliases and types.

use super::check;

#[test]
fn classes_with_members() {
    check!(js:
        r"
        class A extends mixin(B) {
            x = 1;
            static y = load();
            #z;
            'quoted' = 2;
            [computed] = 3;
            handle = async (e) => { await this.save(e); };
            constructor(a) { super(a); this.a = a; }
            get size() { return this.#z; }
            set size(v) {}
            static async *walk() { yield 1; }
            #hidden() {}
            static { register(A); }
            async save() {}
        }
        const B = class { m() {} };
        const C = class Named { m() { return Named; } };
        ",
        @""
    );
}

#[test]
fn dependency_injection() {
    check!(
        r"
        @Injectable()
        export class UserService extends Base<User> implements OnInit, ns.Other<A, B> {
            @InjectRepository(User) private readonly repo: Repository<User>;
            @Input() @Required name!: string;
            protected static cache: Map<string, User> = new Map<string, User>();
            declare x?: number;
            constructor(
                private readonly prisma: PrismaService,
                @Inject(CACHE) cache: Cache,
                public mail?: Mail,
                readonly limit = 10,
            ) { super(); }
            @Get(':id')
            @UseGuards(Auth)
            async find(@Param('id') id: string, @Query() { page }: Paging): Promise<User[]> {
                return this.prisma.user.findMany({ where: { id } });
            }
            overload(a: string): void;
            overload(a: any) {}
            abstract later(): void;
        }
        ",
        @""
    );
}

#[test]
fn abstract_and_ambient_classes() {
    check!(
        r"
        export abstract class Repo<T> {
            abstract find(id: string): Promise<T>;
            protected abstract readonly table: string;
            load() {}
        }
        declare class Client { query(sql: string): Promise<Row[]>; size: number; }
        declare module 'x' { export interface Y { z: string } }
        declare global { interface Window { app: App } }
        ",
        @""
    );
}

#[test]
fn interfaces_enums_and_aliases() {
    check!(
        r"
        export interface User extends Base, Named<string> {
            id: string;
            readonly posts?: Post[];
            load(): Promise<void>;
            (x: number): string;
            [key: string]: unknown;
            'quoted-name': number;
        }
        enum Color { Red, Green = 'g', Blue = 1 << 2, 'Dark Red' }
        export const enum Flag { A = 1 }
        export type Id = string | number;
        type Users = Record<string, User>;
        ",
        @""
    );
}

#[test]
fn types() {
    check!(
        r"
        type A = B[] | ns.C<D, E[]> | null | undefined | 'literal' | 5 | -1 | true;
        type F = { a: string; b?: number; c(): void; [k: string]: G } & H;
        type I = [string, name?: number, ...J[]];
        type K = (a: string) => Promise<L>;
        type M = typeof schema | typeof ns.table | keyof N | O['p'];
        type Q = | readonly R[] | (S);
        type T = U extends V ? W : X;
        type Y = `a${string}`;
        let z: Awaited<ReturnType<typeof load>>;
        let w: import('./x').Y;
        const self: this = null;
        ",
        @""
    );
}

#[test]
fn decorated_exports() {
    check!(
        r"
        @Entity('users') export class A {}
        export default @Entity() class B {}
        @Module({ providers: [UserService] })
        class C {}
        ",
        @""
    );
}
