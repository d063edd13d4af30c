// SPDX-License-Identifier: Apache-2.0
// What a client got, as one line of JSON.
export function say(status, size, error) {
  const cause = error?.cause ? ` (${error.cause.code ?? error.cause})` : "";
  const text = error ? `${error.name ?? ""}: ${error.message ?? error}${cause}` : "";
  console.log("GOT " + JSON.stringify({ status, size, error: text.slice(0, 300) }));
}
