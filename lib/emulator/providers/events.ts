/** One event of an event stream whose `event` line repeats the data's type, as OpenAI's Responses and Anthropic write it. */
export const typedEvent = (data: { type: string; [field: string]: unknown }) =>
  `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;

export const dataEvent = (data: unknown) => `data: ${JSON.stringify(data)}\n\n`;
