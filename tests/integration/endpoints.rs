//! `slowpath endpoints`: one small project per way of being entered.

use crate::project::Project;

/// The endpoints of a project, as lines.
fn check(files: &[(&str, &str)], expected: &[&str]) {
    let project = Project::new(files);
    let run = project.run(&["endpoints"]);
    assert_eq!(run.status, Some(0), "{run:?}");
    let lines: Vec<String> = run
        .stdout
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(lines, expected);
}

#[test]
fn routers_of_express_take_handlers_of_other_files() {
    check(
        &[
            (
                "app.ts",
                "import express, { Router } from \"express\";\nimport { list } from \"./users\";\n\
                 const app = express();\nconst router = Router();\n\
                 router.get(\"/users\", auth, list);\n\
                 router.route(\"/books\").post(wrap(async (req, res) => res.json([])));\n",
            ),
            (
                "users.ts",
                "export async function list(req, res) { res.json([]); }\n",
            ),
        ],
        &[
            "route POST /books function app.ts:6:34",
            "route GET /users list users.ts:1:23",
        ],
    );
}

#[test]
fn controllers_resolvers_and_schedules_of_nest_are_methods() {
    check(
        &[(
            "a.ts",
            "import { Controller, Get } from \"@nestjs/common\";\nimport { Query } from \"@nestjs/graphql\";\n\
             import { Cron } from \"@nestjs/schedule\";\n@Controller()\nexport class Books {\n\
             @Get(\"books\") list() {}\n@Query() books() {}\n@Cron(\"0 * * * *\") sweep() {}\n}\n",
        )],
        &[
            "route GET books Books.list a.ts:6:15",
            "resolver - - Books.books a.ts:7:10",
            "job - 0 * * * * Books.sweep a.ts:8:20",
        ],
    );
}

#[test]
fn files_of_next_are_taken_by_their_place() {
    check(
        &[
            (
                "src/app/api/books/route.ts",
                "import { NextResponse } from \"next/server\";\nexport async function GET() {}\n",
            ),
            (
                "src/app/books/page.tsx",
                "export default async function Page() { return null; }\n",
            ),
            (
                "src/app/actions.ts",
                "\"use server\";\nexport async function save() {}\n",
            ),
        ],
        &[
            "action - - save src/app/actions.ts:2:23",
            "route GET src/app/api/books/route.ts GET src/app/api/books/route.ts:2:23",
            "page - src/app/books/page.tsx Page src/app/books/page.tsx:1:31",
        ],
    );
}

#[test]
fn procedures_are_built_step_by_step() {
    check(
        &[
            (
                "trpc.ts",
                "import { initTRPC } from \"@trpc/server\";\nconst t = initTRPC.create();\n\
                 export const open = t.procedure.use(log);\n",
            ),
            (
                "books.ts",
                "import { open } from \"./trpc\";\n\
                 export const list = open.input(schema).query(async ({ input }) => []);\n",
            ),
        ],
        &["procedure - - function books.ts:2:46"],
    );
}

#[test]
fn python_views_tasks_and_commands_are_found() {
    check(
        &[
            (
                "api.py",
                "from fastapi import APIRouter\nrouter = APIRouter()\n\n\
                 @router.get(\"/items/{id}\")\nasync def read(id: int):\n    return 1\n",
            ),
            (
                "shop/urls.py",
                "from django.urls import path\nfrom shop import views\n\
                 urlpatterns = [path(\"books/\", views.books), path(\"authors/\", views.Authors.as_view())]\n",
            ),
            (
                "shop/views.py",
                "from django.views.generic import ListView\ndef books(request):\n    pass\n\n\
                 class Authors(ListView):\n    def get(self, request):\n        pass\n",
            ),
            (
                "tasks.py",
                "from celery import shared_task\n@shared_task(bind=True)\ndef sweep(self):\n    pass\n",
            ),
            (
                "cli.py",
                "import click\nfrom flask import Flask\napp = Flask(__name__)\n\
                 @click.group()\ndef books():\n    pass\n\
                 @books.command(\"list\")\ndef list_books():\n    pass\n\
                 @app.cli.command()\ndef clean():\n    pass\n",
            ),
        ],
        &[
            "route GET /items/{id} read api.py:5:11",
            "command - - list_books cli.py:8:5",
            "command - - clean cli.py:11:5",
            "route - books/ books shop/views.py:2:5",
            "route - authors/ Authors.get shop/views.py:6:9",
            "job - - sweep tasks.py:3:5",
        ],
    );
}

#[test]
fn the_configuration_adds_what_nothing_takes() {
    check(
        &[
            (
                "slowpath.toml",
                "[entry-points]\nrequests = [\"handlers/**:on_*\"]\njobs = [\"worker.py:run\"]\n",
            ),
            (
                "handlers/a.py",
                "def on_order(message):\n    pass\n\ndef helper():\n    pass\n",
            ),
            ("worker.py", "def run():\n    pass\n"),
        ],
        &[
            "route - handlers/a.py on_order handlers/a.py:1:5",
            "job - worker.py run worker.py:1:5",
        ],
    );
}

#[test]
fn json_says_the_same() {
    let project = Project::new(&[(
        "a.py",
        "from flask import Flask\napp = Flask(__name__)\n@app.route(\"/\")\ndef home():\n    pass\n",
    )]);
    let run = project.run(&["endpoints", "--format=json"]);
    let value: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
    let endpoint = &value["endpoints"][0];
    assert_eq!(endpoint["kind"], "route");
    assert_eq!(endpoint["path"], "/");
    assert_eq!(endpoint["handler"], "home");
    assert_eq!(endpoint["framework"], "flask");
    assert_eq!(endpoint["file"], "a.py");
    assert_eq!(endpoint["start"]["line"], 4);
}
