// The log of the bot's API calls, each with what it breaks of the schema.

import { $, clock, h, icon } from './dom.js';
import * as api from './api.js';

const shownCalls = 300;
const every = 1500; // ms between fetches while the log is open

export class Calls {
  constructor() {
    this.panel = $('calls');
    this.last = 0;
    this.total = 0;
    this.bad = 0;
    this.polls = false; // whether getUpdates is listed
    $('calls-toggle').addEventListener('click', () => this.toggle());
  }

  toggle() {
    const open = this.panel.hidden;
    this.panel.hidden = !open;
    $('calls-toggle').setAttribute('aria-expanded', String(open));
    if (!open) {
      clearTimeout(this.timer);
      return;
    }
    this.sum = h('p', { class: 'calls-sum', role: 'status', testid: 'calls-sum' });
    this.rows = h('ol', { class: 'calls-list' });
    const box = h('input', { type: 'checkbox', onchange: () => {
      this.polls = box.checked;
      this.restart();
    } });
    this.panel.replaceChildren(
      h('header', { class: 'bar' }, h('h2', {}, '接口调用'), h('button', { type: 'button', class: 'round', 'aria-label': '关闭接口调用记录', testid: 'calls-close', onclick: () => this.toggle() }, icon('close'))),
      h('div', { class: 'calls-head' }, this.sum, h('label', {}, box, '含 getUpdates')), this.rows);
    this.restart();
  }

  // fresh begins again when the server may be another one.
  fresh() {
    if (!this.panel.hidden) this.restart();
  }

  restart() {
    this.last = 0;
    this.total = 0;
    this.bad = 0;
    this.rows.replaceChildren();
    this.poll();
  }

  // poll fetches what is new, newest on top, as long as the log is open. Only
  // the newest rows are kept.
  async poll() {
    clearTimeout(this.timer);
    if (this.panel.hidden) return;
    const from = this.last;
    try {
      const list = await api.calls(from);
      if (from === this.last) this.take(list);
    } catch {
      this.sum.textContent = '连不上本机程序';
    }
    this.timer = setTimeout(() => this.poll(), every);
  }

  take(list) {
    for (const c of list) {
      this.last = Math.max(this.last, c.n);
      this.total++;
      if (c.schema.length) this.bad++;
      if (!this.polls && c.method === 'getUpdates' && c.ok && !c.schema.length) continue;
      this.rows.prepend(this.row(c));
    }
    while (this.rows.children.length > shownCalls) this.rows.lastElementChild.remove();
    this.sum.textContent = this.bad ? `${this.total} 次调用，${this.bad} 次不合规范` : `${this.total} 次调用，都合规范`;
    this.sum.classList.toggle('bad', this.bad > 0);
  }

  row(c) {
    const verdict = c.schema.length ? h('span', { class: 'verdict bad' }, `${c.schema.length} 处不合`) : h('span', { class: 'verdict' }, '合规范');
    const answer = c.ok ? null : h('span', { class: 'verdict bad' }, String(c.error_code || '失败'));
    const params = Object.entries(c.params || {}).sort();
    return h('li', { testid: 'call', data: { method: c.method } }, h('details', {},
      h('summary', {}, h('b', {}, c.method), answer, verdict, h('small', {}, `${clock(c.at)} · ${c.ms} ms`)),
      c.description ? h('p', { class: 'bad' }, c.description) : null,
      c.fault ? h('p', {}, `按要求出错:${c.fault}`) : null,
      ...c.schema.map((s) => h('p', { class: 'bad' }, s)),
      params.length ? h('dl', {}, params.map(([k, v]) => [h('dt', {}, k), h('dd', {}, v)]).flat()) : h('p', {}, '没有参数')));
  }
}
