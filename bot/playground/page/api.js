// The person's side of the playground: requests and the stream of events.

// A Refusal is an answer of the server that is not 2xx; its message is the
// server's reason. With status 0 there was no answer.
export class Refusal extends Error {
  constructor(status, why) {
    super(why);
    this.status = status;
  }
}

async function request(path, init) {
  const r = await fetch(`/sim/${path}`, init).catch((err) => { throw new Refusal(0, err.message); });
  if (!r.ok) {
    const body = await r.json().catch(() => ({}));
    throw new Refusal(r.status, body.error || `HTTP ${r.status}`);
  }
  return r.json();
}

const post = (path, body) => request(path, {
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify(body),
});

export const me = (chat = '') => request(`me?chat=${chat}`);
export const chats = () => request('chats');
export const messages = (chat, after = 0) => request(`chats/${chat}/messages?after=${after}`);
export const calls = (after) => request(`calls?after=${after}`);
export const text = (chat, body) => post(`chats/${chat}/text`, body);
export const send = (chat, body) => post(`chats/${chat}/send`, body);
export const press = (chat, body) => post(`chats/${chat}/press`, body);
export const act = (chat, body) => post(`chats/${chat}/do`, body);

export const fileURL = (id) => `/sim/files/${encodeURIComponent(id)}`;
export const downloadURL = (id) => `${fileURL(id)}?download=1`;

// upload sends files in one request. fields are as, caption, from, reply_to and
// thread; progress gets the part that is done, 0 to 1. fetch cannot tell how
// much of an upload is through, so this is the older interface.
export function upload(chat, files, fields, progress) {
  const form = new FormData();
  for (const [k, v] of Object.entries(fields)) if (v) form.append(k, v);
  for (const f of files) form.append('file', f, f.name);
  return new Promise((resolve, reject) => {
    const x = new XMLHttpRequest();
    x.open('POST', `/sim/chats/${chat}/files`);
    x.responseType = 'json';
    x.upload.onprogress = (e) => { if (e.lengthComputable) progress(e.loaded / e.total); };
    x.onerror = () => reject(new Refusal(0, 'the connection was cut'));
    x.onload = () => {
      if (x.status >= 200 && x.status < 300) resolve(x.response);
      else reject(new Refusal(x.status, x.response?.error || `HTTP ${x.status}`));
    };
    x.send(form);
  });
}

const words = [
  ['too big', '文件太大，这个聊天收不下'],
  ['too many updates', '机器人忙不过来，请稍后再发'],
  ['closed', '话题已关闭'],
  ['no such chat', '这个聊天已经没有了'],
  ['no such message', '这条消息已经没有了'],
  ['reply to', '要回复的消息已经没有了'],
  ['caption', '说明文字超过 1024 个字'],
];

// reason words an error for the person.
export function reason(err) {
  if (!(err instanceof Refusal) || err.status === 0) return '连不上本机程序，请看它是否还在运行';
  return words.find(([part]) => err.message.includes(part))?.[1] || `没有发出去:${err.message}`;
}

// listen hands every event to onEvent. onState gets "connecting" and "online";
// fresh is called each time the stream begins, the first time too, because what
// happened before is not in it. A stream that ends is opened again, at the
// latest after five seconds.
export function listen({ onEvent, onState, fresh }) {
  let source;
  let delay = 500;
  let timer = 0;
  const open = () => {
    clearTimeout(timer);
    source?.close();
    source = new EventSource('/sim/events');
    source.onopen = () => {
      delay = 500;
      onState('online');
      fresh();
    };
    source.onmessage = (e) => {
      const event = JSON.parse(e.data);
      if (event.kind === 'reset') fresh();
      else onEvent(event);
    };
    source.onerror = () => {
      // The browser's own retry gives up for good on an answer such as 503,
      // and its Last-Event-ID means nothing to a server that was restarted.
      source.close();
      onState('connecting');
      timer = setTimeout(open, delay);
      delay = Math.min(delay * 2, 5000);
    };
  };
  open();
  addEventListener('online', open);
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden && source.readyState === EventSource.CLOSED) open();
  });
}
