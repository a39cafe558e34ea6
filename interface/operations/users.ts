import { DisconnectedSchema } from "../../src/protocol/answers.ts";
import type { Operation } from "../operation.ts";
import { refusal } from "../values.ts";

const ALICE = { "user-id": "alice" };

/** One user. */
export const USERS: readonly Operation[] = [
  {
    method: "POST",
    path: "/users/{user-id}/disconnect",
    id: "disconnectUser",
    tag: "users",
    summary: "Ends a user's connections, wherever they are, with 1008",
    description:
      "For `admin` on every channel. The user may come back with the same token: the issuer must stop handing them out first.",
    needs: "admin",
    answers: {
      200: {
        description: "So many were ended.",
        schema: DisconnectedSchema,
      },
    },
    reasons: ["invalid-user-id", "forbidden"],
    examples: [
      {
        name: "alice",
        summary: "A user who has no connection",
        path: ALICE,
        status: 200,
        answer: { "user-id": "alice", connections: 0 },
      },
      {
        name: "forbidden",
        summary: "With a token that grants less than all",
        as: "reader",
        path: ALICE,
        status: 403,
        answer: refusal("forbidden", "this needs admin on every channel"),
      },
    ],
  },
];
