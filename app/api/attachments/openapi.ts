import { z } from "zod";
import { MAX_FILE_BYTES } from "@/lib/attachments/limits";
import { count, id } from "@/lib/openapi/fields";
import type { Group } from "@/lib/openapi/operation";

const Attachment = z.object({ id, name: z.string(), mediaType: z.string(), size: count }).meta({ id: "Attachment" });

export const attachments: Group = {
  name: "Attachments",
  description:
    "Files to send along with a question: PNG, JPEG, WebP, GIF, PDF, plain text. What a file is, is read from its bytes. An account has room for 200 MB.",
  operations: [
    {
      id: "uploadAttachment",
      method: "post",
      path: "/api/attachments",
      summary: "Store a file until it is sent",
      description: 'The file itself is the body. Send it with a question as `{type: "file", attachmentId}`.',
      access: "chat",
      headers: { "x-file-name": "Its name, percent-encoded." },
      body: { type: "application/octet-stream" },
      maxBytes: MAX_FILE_BYTES,
      answers: {
        201: {
          description: "Stored.",
          schema: Attachment,
          example: {
            id: "5b0d3a9c-4c3e-4d0c-8a8e-6d9c1f3b7a04",
            name: "door.png",
            mediaType: "image/png",
            size: 48213,
          },
        },
      },
      errors: ["invalid_request"],
      limit: "upload",
    },
    {
      id: "readAttachment",
      method: "get",
      path: "/api/attachments/{id}",
      summary: "Read a file",
      access: "read",
      params: { id },
      answers: {
        200: {
          description: "Its bytes, as something to save. The type is that of the file.",
          type: "*/*",
          headers: { "content-disposition": "Its name." },
        },
      },
    },
    {
      id: "deleteAttachment",
      method: "delete",
      path: "/api/attachments/{id}",
      summary: "Delete a file that was not sent",
      access: "chat",
      params: { id },
      answers: { 204: { description: "It is gone." } },
    },
  ],
};
