/** The page on which an operator hands in a token, for a browser cannot send one by itself. It has no script. */
import { createHash } from 'node:crypto';

/** A sentence in both languages of the house. */
export interface Note {
  readonly en: string;
  readonly zh: string;
}

const STYLE = `
  body { margin: 12vh auto 0; max-width: 26rem; padding: 0 1rem; font: 16px/1.5 system-ui, sans-serif; color: #1d2733; }
  h1 { font-size: 1.4rem; }
  form { margin: 1rem 0; }
  label { display: block; }
  input { box-sizing: border-box; width: 100%; margin: .25rem 0 .75rem; padding: .5rem; font: inherit; }
  button { padding: .5rem 1rem; font: inherit; }
  .quiet button { border: 0; padding: 0; background: none; color: #52606d; text-decoration: underline; cursor: pointer; }
`;

/** Nothing is loaded; the form leads nowhere but here. */
export const SIGN_IN_POLICY = [
  "default-src 'none'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
].join('; ');

/** `note` is one of our own sentences; nothing of a request is shown. */
export const signInPage = (note: Note): string => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width">
    <title>Tierwarden operations 运维</title>
    <style>${STYLE}</style>
  </head>
  <body>
    <h1>Tierwarden operations <span lang="zh-CN">运维</span></h1>
    <p role="status">${note.en} <span lang="zh-CN">${note.zh}</span></p>
    <form method="post" action="/admin/sign-in">
      <label>Token <span lang="zh-CN">令牌</span> <input type="password" name="token" autocomplete="off" autofocus required></label>
      <button>Sign in <span lang="zh-CN">登录</span></button>
    </form>
    <form class="quiet" method="post" action="/admin/sign-out">
      <button>Sign out <span lang="zh-CN">退出登录</span></button>
    </form>
  </body>
</html>
`;
