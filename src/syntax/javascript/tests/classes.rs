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
        @"
        Class A('mixin'(B))
          x = 1
          static y = 'load'()
          #z
          quoted = 2
          [computed] = 3
          handle = fn#1
          fn#2
          fn#3
          fn#4
          fn#5
          fn#6
          fn#7
          fn#8
        Class B()
          fn#9
        Class Named()
          fn#10
        fn#0 Module _()
          class A
          B = class#1
          C = class#2
        fn#1 async Arrow handle(e)
          await this.save(e)
        fn#2 Constructor constructor(a)
          super(a)
          this.a = a
        fn#3 Getter size()
          return this.#z
        fn#4 Setter size(v)
        fn#5 async static Method walk*()
          yield 1
        fn#6 Method #hidden()
        fn#7 static Method _() immediate
          'register'(A)
        fn#8 async Method save()
        fn#9 Method m()
        fn#10 Method m()
          return Named
        "
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
        @r#"
        export UserService = UserService
        Class UserService('Base'['User'], 'OnInit', 'ns'.Other[('A', 'B')]) @['Injectable'()]
          repo: 'Repository'['User'] @['InjectRepository'('User')]
          name: 'string' @['Input'(), 'Required']
          static cache: 'Map'[('string', 'User')] = new 'Map'[('string', 'User')]()
          x: 'number'
          prisma: 'PrismaService'
          mail: 'Mail'
          limit
          later
          fn#1
          fn#2
          fn#3
        fn#0 Module _()
          class UserService
        fn#1 Constructor constructor(prisma: 'PrismaService', @['Inject'('CACHE')] cache: 'Cache', mail: 'Mail', limit = 10)
          super()
        fn#2 async Method find(@['Param'("id")] id: 'string', @['Query'()] {|page: page|}: 'Paging') -> 'Promise'['Array'['User']] @['Get'(":id"), 'UseGuards'('Auth')]
          return this.prisma.user.findMany({|where: {|id: id|}|})
        fn#3 Method overload(a: 'any')
        "#
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
        @"
        export Repo = Repo
        Class Repo()
          find
          table: 'string'
          fn#1
        Class Client()
          query
          size: 'number'
        Interface Y()
          z: 'string'
        Interface Window()
          app: 'App'
        fn#0 Module _()
          class Repo
          class Client
          block
            class Y
          block
            class Window
        fn#1 Method load()
        "
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
        @r#"
        export User = User
        export Flag = Flag
        export Id = Id
        Interface User('Base', 'Named'['string'])
          id: 'string'
          posts: 'Array'['Post']
          load
          quoted-name: 'number'
        Enum Color()
          static Red
          static Green = "g"
          static Blue = (1 <op> 2)
          static Dark Red
        Enum Flag()
          static A = 1
        Alias Id() = ('string' | 'number')
        Alias Users() = 'Record'[('string', User)]
        fn#0 Module _()
          class User
          class Color
          class Flag
          class Id
          class Users
        "#
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
        @r#"
        Alias A() = ((((((('Array'['B'] | 'ns'.C[('D', 'Array'['E'])]) | null) | null) | "literal") | 5) | float) | true)
        Alias F() = ({|a: 'string', b: 'number', c: ?{}, ['string']: 'G'|} & 'H')
        Alias I() = ('string', 'number', ...'Array'['J'])
        Alias K() = 'Callable'[(['string'], 'Promise'['L'])]
        Alias M() = (((typeof 'schema' | typeof 'ns'.table) | ?{}) | 'O'["p"])
        Alias Q() = ('Array'['R'] | 'S')
        Alias T() = ?{}
        Alias Y() = ``
        fn#0 Module _()
          class A
          class F
          class I
          class K
          class M
          class Q
          class T
          class Y
          self = null
        "#
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
        @r#"
        export A = A
        export default = B
        Class A() @['Entity'("users")]
        Class B() @['Entity'()]
        Class C() @['Module'({|providers: ['UserService']|})]
        fn#0 Module _()
          class A
          class B
          class C
        "#
    );
}
