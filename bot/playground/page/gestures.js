// What one does to a bubble: menu by right click, long press or key; reply by a
// double click beside the text or by swiping to the left.

import { calm } from './dom.js';

const longPress = 450; // ms
const far = 56; // px of a swipe that replies

// gestures listens on the log for all bubbles. message(id) finds what a bubble
// shows, menu(m, point) and reply(m) act.
export function gestures({ log, message, menu, reply }) {
  const of = (target) => {
    const e = target.closest?.('.unit:not(.service)');
    const part = target.closest?.('[data-message-id]');
    const m = e && message(Number(part?.dataset.messageId || e.dataset.id));
    return m && !m.pending ? { e, m } : null;
  };

  log.addEventListener('contextmenu', (ev) => {
    const hit = of(ev.target);
    // A link keeps the browser's menu, and so does selected text.
    if (!hit || ev.target.closest('a[href]:not(.file-link)') || String(getSelection())) return;
    ev.preventDefault();
    const key = ev.clientX === 0 && ev.clientY === 0;
    const box = hit.e.querySelector('.bubble').getBoundingClientRect();
    menu(hit.m, key ? { x: box.left + 12, y: box.top + 12 } : { x: ev.clientX, y: ev.clientY });
  });

  log.addEventListener('keydown', (ev) => {
    if (ev.key !== 'Enter' || !ev.target.classList.contains('unit')) return;
    const hit = of(ev.target);
    if (!hit) return;
    ev.preventDefault();
    const box = hit.e.querySelector('.bubble').getBoundingClientRect();
    menu(hit.m, { x: box.left + 12, y: box.top + 12 });
  });

  log.addEventListener('dblclick', (ev) => {
    if (ev.target.closest('.words, button, a')) return; // there it selects a word
    const hit = of(ev.target);
    if (!hit) return;
    getSelection().removeAllRanges();
    reply(hit.m);
  });

  let touch = null; // the finger that is down: {hit, x, y, swiping, timer}
  const lift = () => {
    if (!touch) return;
    clearTimeout(touch.timer);
    const { e } = touch.hit;
    e.classList.remove('swiped');
    e.style.transition = calm() ? '' : 'transform .18s';
    e.style.transform = '';
    touch = null;
  };
  log.addEventListener('touchstart', (ev) => {
    lift();
    const hit = ev.touches.length === 1 && of(ev.target);
    if (!hit) return;
    const { clientX: x, clientY: y } = ev.touches[0];
    touch = { hit, x, y, swiping: false };
    touch.timer = setTimeout(() => {
      if (!touch || touch.swiping) return;
      navigator.vibrate?.(12);
      const { m } = touch.hit;
      touch = null;
      // The click that follows the long press must not press a button below.
      log.addEventListener('click', swallow, { capture: true, once: true });
      setTimeout(() => log.removeEventListener('click', swallow, { capture: true }), 700);
      menu(m, { x, y });
    }, longPress);
  }, { passive: true });
  log.addEventListener('touchmove', (ev) => {
    if (!touch) return;
    const dx = ev.touches[0].clientX - touch.x;
    const dy = ev.touches[0].clientY - touch.y;
    if (!touch.swiping) {
      if (Math.abs(dy) > 10) {
        lift();
        return;
      }
      if (dx > -12) return;
      touch.swiping = true;
      clearTimeout(touch.timer);
      touch.hit.e.style.transition = '';
    }
    const by = Math.max(dx + 12, -80);
    touch.hit.e.style.transform = `translateX(${by}px)`;
    touch.hit.e.classList.toggle('swiped', by <= -far);
  }, { passive: true });
  log.addEventListener('touchend', () => {
    if (touch?.swiping && touch.hit.e.classList.contains('swiped')) reply(touch.hit.m);
    lift();
  });
  log.addEventListener('touchcancel', lift);
}

function swallow(ev) {
  ev.preventDefault();
  ev.stopPropagation();
}
