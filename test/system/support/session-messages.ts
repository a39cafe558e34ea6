/**
 * What sessions say of themselves to channels, as a client may try to say it.
 *
 * @module
 */

/** What only a session may say to a channel, as a client may write it. */
export function sessionMessages(channel: string): string[] {
  const id = JSON.stringify(channel);
  const position = '{"epoch":"e","seq":0,"order":0}';
  const grants = '"grants":["admin"]';
  const resume = `"subscription":${position},"requests":[]`;
  const plain = [
    `{"type":"$grants",${grants}}`,
    `{"type":"$resume",${resume}}`,
    `{"type":"$grants",${grants},"channel-id":${id},"ref":1}`,
    `{"type":"$resume",${resume},"channel-id":${id}}`,
    `{"type":"\\u0024grants",${grants}}`,
    `{"\\u0074ype":"$grants",${grants}}`,
    `{${grants},"type":"$grants"}`,
    // The last of a name counts: to a channel this is a publish.
    `{"type":"$grants",${grants},"type":"publish","channel-id":${id},"data":1}`,
    `{"type":"$resume",${resume},"type":"subscribe","channel-id":${id}}`,
    `{"type":"publish","channel-id":${id},"data":{"type":"$grants",${grants}}}`,
    `{"type":"publish","channel-id":${id},"data":1,${grants}}`,
    `{"type":"publish","channel-id":${id},"data":"\\n{\\"type\\":\\"$grants\\"}"}`,
  ];
  return plain.flatMap((text) => [
    text,
    ` ${text}`,
    `\n\t${text}\r\n`,
    `\ufeff${text}`,
    text.replace("{", "{ "),
    `[${text}]`,
    `[ ${text},{"type":"publish","channel-id":${id},"data":2},${text}]`,
    `[[${text}]]`,
    `${text}\n${text}`,
  ]);
}
