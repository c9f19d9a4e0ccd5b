// What lies over the page: toasts, alerts, menus, the picture viewer.

import { $, h, icon } from './dom.js';

let toastTimer = 0;

// toast shows a short text for a moment.
export function toast(text) {
  const t = $('toast');
  t.hidden = false;
  t.textContent = text;
  t.classList.remove('shown');
  requestAnimationFrame(() => t.classList.add('shown'));
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => {
    t.classList.remove('shown');
    toastTimer = setTimeout(() => { t.hidden = true; }, 250);
  }, Math.min(2200 + 60 * text.length, 7000));
}

// alertBox shows a text that has to be dismissed.
export function alertBox(text) {
  const d = $('alert');
  d.querySelector('p').textContent = text;
  if (!d.open) d.showModal();
}

export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    toast('已复制');
  } catch {
    // Without the permission, or in an old browser: the way before it.
    const area = h('textarea', { class: 'unseen' });
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    toast(done ? '已复制' : '浏览器不让复制，请手动选择文字');
  }
}

// menu opens a menu at a point or above an element. items are
// {icon, label, danger, testid, run}. It closes at the next press elsewhere, not
// at the end of the long press that opened it, as a popover by itself would.
export function menu(items, at, anchor) {
  const m = $('menu');
  if (m.matches(':popover-open')) return; // a long press ends in a contextmenu event too
  const before = document.activeElement;
  const close = () => {
    if (!m.matches(':popover-open')) return;
    m.hidePopover();
    document.removeEventListener('pointerdown', outside, true);
    document.removeEventListener('keydown', key, true);
    removeEventListener('blur', close);
    before?.focus?.({ preventScroll: true });
  };
  const outside = (e) => { if (!m.contains(e.target)) close(); };
  const key = (e) => {
    const all = [...m.children];
    const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    if (step) all[(all.indexOf(document.activeElement) + step + all.length) % all.length].focus();
    else if (e.key === 'Escape' || e.key === 'Tab') close();
    else return;
    e.preventDefault();
    e.stopPropagation();
  };
  m.replaceChildren(...items.map((i) => h('button', {
    type: 'button', role: 'menuitem', class: i.danger ? 'danger' : '', testid: i.testid, onclick: () => {
      close();
      i.run();
    },
  }, icon(i.icon), h('span', {}, i.label))));
  m.showPopover();
  const box = m.getBoundingClientRect();
  const edge = 8;
  let { x, y } = at;
  if (anchor === 'above') y -= box.height;
  if (x + box.width > innerWidth - edge) x = anchor === 'above' ? innerWidth - edge - box.width : x - box.width;
  if (y + box.height > innerHeight - edge) y = innerHeight - edge - box.height;
  m.style.left = `${Math.max(edge, x)}px`;
  m.style.top = `${Math.max(edge, y)}px`;
  m.firstElementChild.focus({ preventScroll: true });
  document.addEventListener('pointerdown', outside, true);
  document.addEventListener('keydown', key, true);
  addEventListener('blur', close);
}

// viewer shows pictures in full, beginning with one of them. pictures are
// {src, name, href}.
export function viewer(pictures, index) {
  const d = $('viewer');
  const img = h('img', { alt: '' });
  const title = h('span', { class: 'viewer-title' });
  const get = h('a', { class: 'round', 'aria-label': '下载图片', testid: 'viewer-download' }, icon('load'));
  const stage = h('div', { class: 'viewer-stage' }, img);
  let at = index;
  const go = (step) => {
    at = (at + step + pictures.length) % pictures.length;
    const p = pictures[at];
    stage.classList.remove('zoomed');
    img.src = p.src;
    img.alt = p.name;
    title.textContent = pictures.length > 1 ? `${at + 1} / ${pictures.length}` : p.name;
    get.href = p.href;
    get.download = p.name.includes('.') ? p.name : '';
  };
  const zoom = (e) => {
    // The point that was clicked stays where it is.
    const box = img.getBoundingClientRect();
    const fx = (e.clientX - box.left) / box.width;
    const fy = (e.clientY - box.top) / box.height;
    if (!stage.classList.toggle('zoomed')) return;
    stage.scrollLeft = fx * img.offsetWidth - stage.clientWidth / 2;
    stage.scrollTop = fy * img.offsetHeight - stage.clientHeight / 2;
  };
  img.addEventListener('click', (e) => {
    e.stopPropagation();
    zoom(e);
  });
  stage.addEventListener('click', () => d.close());
  let from = null;
  stage.addEventListener('touchstart', (e) => { from = e.touches.length === 1 ? e.touches[0] : null; }, { passive: true });
  stage.addEventListener('touchend', (e) => {
    if (!from || stage.classList.contains('zoomed')) return;
    const dx = e.changedTouches[0].clientX - from.clientX;
    const dy = e.changedTouches[0].clientY - from.clientY;
    if (Math.abs(dy) > 90 && Math.abs(dy) > Math.abs(dx)) d.close();
    else if (Math.abs(dx) > 60 && pictures.length > 1) go(dx < 0 ? 1 : -1);
  }, { passive: true });
  const many = pictures.length > 1;
  d.replaceChildren(
    h('header', {}, title, get, h('button', { type: 'button', class: 'round', 'aria-label': '关闭', testid: 'viewer-close', onclick: () => d.close() }, icon('close'))),
    stage,
    ...(many ? [
      h('button', { type: 'button', class: 'round side previous', 'aria-label': '上一张', onclick: () => go(-1) }, icon('left')),
      h('button', { type: 'button', class: 'round side next', 'aria-label': '下一张', onclick: () => go(1) }, icon('right'))] : []),
  );
  d.onkeydown = (e) => {
    if (many && e.key === 'ArrowLeft') go(-1);
    if (many && e.key === 'ArrowRight') go(1);
  };
  d.onclose = () => d.replaceChildren();
  go(0);
  d.showModal();
}
