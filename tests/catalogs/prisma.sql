-- What Prisma's documentation says that `migrate` makes of fixtures/catalogs/prisma: "Prisma schema: Models", "Indexes",
-- "Relations" and "Conventions for relation tables in implicit m-n relations". Its engines are not among the packages.

CREATE TYPE "Shelf" AS ENUM ('OPEN', 'CLOSED');

CREATE TABLE "users" (
  "id" SERIAL NOT NULL,
  "email" TEXT NOT NULL,
  "name" TEXT,
  "created_at" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "users_pkey" PRIMARY KEY ("id")
);
CREATE TABLE "Profile" (
  "id" SERIAL NOT NULL,
  "bio" TEXT NOT NULL,
  "userId" INTEGER NOT NULL,
  CONSTRAINT "Profile_pkey" PRIMARY KEY ("id")
);
CREATE TABLE "Post" (
  "id" SERIAL NOT NULL,
  "title" TEXT NOT NULL,
  "shelf" "Shelf" NOT NULL DEFAULT 'OPEN',
  "authorId" INTEGER,
  CONSTRAINT "Post_pkey" PRIMARY KEY ("id")
);
CREATE TABLE "Category" (
  "id" SERIAL NOT NULL,
  "name" TEXT NOT NULL,
  CONSTRAINT "Category_pkey" PRIMARY KEY ("id")
);
CREATE TABLE "Order" (
  "shop" INTEGER NOT NULL,
  "number" INTEGER NOT NULL,
  "postId" INTEGER,
  CONSTRAINT "Order_pkey" PRIMARY KEY ("shop", "number")
);
CREATE TABLE "_CategoryToPost" (
  "A" INTEGER NOT NULL,
  "B" INTEGER NOT NULL
);

CREATE UNIQUE INDEX "users_email_key" ON "users" ("email");
CREATE UNIQUE INDEX "Profile_userId_key" ON "Profile" ("userId");
CREATE INDEX "post_by_shelf" ON "Post" ("shelf", "title" DESC);
CREATE UNIQUE INDEX "Post_authorId_title_key" ON "Post" ("authorId", "title");
CREATE INDEX "Category_name_idx" ON "Category" ("name");
CREATE INDEX "Order_postId_idx" ON "Order" ("postId");
CREATE UNIQUE INDEX "_CategoryToPost_AB_unique" ON "_CategoryToPost" ("A", "B");
CREATE INDEX "_CategoryToPost_B_index" ON "_CategoryToPost" ("B");

ALTER TABLE "Profile" ADD CONSTRAINT "Profile_userId_fkey" FOREIGN KEY ("userId") REFERENCES "users" ("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "Post" ADD CONSTRAINT "Post_authorId_fkey" FOREIGN KEY ("authorId") REFERENCES "users" ("id") ON DELETE SET NULL ON UPDATE CASCADE;
ALTER TABLE "Order" ADD CONSTRAINT "Order_postId_fkey" FOREIGN KEY ("postId") REFERENCES "Post" ("id") ON DELETE SET NULL ON UPDATE CASCADE;
ALTER TABLE "_CategoryToPost" ADD CONSTRAINT "_CategoryToPost_A_fkey" FOREIGN KEY ("A") REFERENCES "Category" ("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "_CategoryToPost" ADD CONSTRAINT "_CategoryToPost_B_fkey" FOREIGN KEY ("B") REFERENCES "Post" ("id") ON DELETE CASCADE ON UPDATE CASCADE;
