// Puts Mockttp between a client and a server, with one fault for each request in the order in which they come; what
// comes after the last fault passes. Arguments: the URL of the server, and a JSON list of the faults.
// Prints where it listens, and when its input ends, as JSON, the method and the fault of every request that it saw.
import net from 'node:net';
import { getLocal } from 'mockttp';

// Mockttp has no setting for the address, and would listen on all of them.
const { listen } = net.Server.prototype;
net.Server.prototype.listen = function (port) {
  return listen.call(this, port, '127.0.0.1');
};

const [target, faults] = process.argv.slice(2);
const after = (beforeResponse) => (rule) => rule.thenForwardTo(target, { beforeResponse });
const half = ({ headers, rawBody, body }) => {
  const { 'content-length': _, ...others } = headers;
  const whole = rawBody ?? body.buffer;
  return { headers: others, rawBody: whole.subarray(0, whole.length / 2) };
};
const FAULTS = {
  pass: (rule) => rule.thenForwardTo(target),
  late: (rule) => rule.delay(100).thenForwardTo(target),
  'bad-gateway': (rule) => rule.thenReply(502, '<html>Bad Gateway</html>', { 'content-type': 'text/html' }),
  'close-before': (rule) => rule.thenCloseConnection(),
  'close-after': after(() => 'close'),
  'reset-before': (rule) => rule.thenResetConnection(),
  'reset-after': after(() => 'reset'),
  'half-a-response': after(half),
  'no-response': (rule) => rule.thenTimeout(),
};

const proxy = getLocal();
await proxy.start(0);
const rules = [];
for (const fault of JSON.parse(faults)) {
  rules.push([fault, await FAULTS[fault](proxy.forAnyRequest().once())]);
}
rules.push(['pass', await FAULTS.pass(proxy.forAnyRequest().always())]);
console.log(`listening on http://127.0.0.1:${proxy.port}`);

process.stdin.resume();
process.stdin.once('end', async () => {
  const seen = [];
  for (const [fault, rule] of rules) {
    for (const { method } of await rule.getSeenRequests()) seen.push([method, fault]);
  }
  console.log(`seen ${JSON.stringify(seen)}`);
  process.exit(0);
});
