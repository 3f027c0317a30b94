package e2e

// What the brief payloads are made of.
const (
	events = `
onabort
onauxclick
onblur
oncancel
oncanplay
onchange
onclick
onclose
oncopy
oncut
ondblclick
ondrag
ondragend
ondragover
ondrop
onended
onerror
onfocus
onfocusin
onfocusout
oninput
oninvalid
onkeydown
onkeyup
onload
onmousedown
onmouseout
onmouseover
onmouseup
onpageshow
onpaste
onpause
onplay
onpointerup
onprogress
onreset
onresize
onscroll
onscrollend
onsearch
onselect
onsubmit
onsuspend
ontoggle
onunload
onwaiting
onwheel`

	elements = `
a
abbr
area
article
aside
audio
bdo
big
blink
br
button
canvas
center
cite
code
dd
del
details
dfn
dialog
dir
div
dl
em
embed
figure
font
footer
form
g
h1
header
hr
i
iframe
image
img
input
ins
isindex
kbd
keygen
label
legend
li
link
main
map
mark
marquee
math
menu
meter
mi
mtext
nav
nobr
object
ol
option
output
p
path
picture
pre
q
rp
ruby
s
samp
section
select
slot
small
span
strong
style
sub
summary
svg
table
td
text
time
title
tr
track
tt
ul
use
var
video
wbr
x-y
xmp`

	calls = `
';RUN;'
";RUN;"
';RUN}'
);RUN;(
');RUN;('
");RUN;("
'];RUN;['
"];RUN;["
'};RUN;{'
"};RUN;{"
'});RUN;({'
eval('RUN')
alert(RUN)
confirm(RUN)
prompt(RUN)
void(RUN)
top.x35(NUM)
self.x35(NUM)
this.x35(NUM)
parent.x35(NUM)
window.x35(NUM)
frames.x35(NUM)
globalThis.x35(NUM)
top['x35'](NUM)
self["x35"](NUM)
(x35)(NUM)
x35?.(NUM)
(0,x35)(NUM)
[NUM].find(x35)
[NUM].some(x35)
[NUM].every(x35)
[NUM].filter(x35)
[NUM].forEach(x35)
[x35][0](NUM)
x35.bind(0,NUM)()
x35.apply(0,[NUM])
new x35(NUM)
async()=>RUN
(()=>RUN)()
!function(){RUN}()
{get[RUN](){}}
throw RUN
typeof RUN
import(RUN)
setTimeout('RUN')
if(1)RUN
try{RUN}catch{}
do RUN;while(0)
for(;RUN;);`

	schemes = `
javascript:(RUN)
javascript:;RUN
javascript:{RUN}
javascript:!RUN
javascript:~RUN
javascript:+RUN
javascript:-RUN
javascript:[RUN]
javascript:"",RUN
javascript:'',RUN
javascript:void RUN
javascript:0||RUN
javascript:1&&RUN
javascript:x35%28NUM%29
javascript:%78%33%35(NUM)
Javascript:RUN
jAvascript:RUN
javaScript:RUN
javascripT:RUN
JAVASCRIPT:RUN
&#74;avascript:RUN
j&#97;vascript:RUN
ja&#118;ascript:RUN
java&#115;cript:RUN
javas&#99;ript:RUN
javasc&#114;ipt:RUN
javascr&#105;pt:RUN
javascri&#112;t:RUN
javascrip&#116;:RUN
javascript&#58;RUN
javascript&#x3a;RUN
&Tab;javascript:RUN
&#9;javascript:RUN
&#10;javascript:RUN
&#1;javascript:RUN
j&#9;avascript:RUN
java&#10;script:RUN
java&#13;script:RUN
%6aavascript:RUN
java%09script:RUN
java%0dscript:RUN
javascript%3aRUN
javascript%3ARUN
[x](Javascript:RUN)
[x](javascript&#58;RUN)
[x](java&Tab;script:RUN)
[x](vbscript:RUN)
[x](data:,RUN)
[x](x"onclick=RUN)
[x](x'onclick=RUN)
[x"onclick=RUN](x)
![x](x"onerror=RUN)
<a href=javascript:RUN>
data:,RUN
data:text,RUN
VBSCRIPT:RUN
mocha:RUN
about:RUN
wyciwyg:RUN
resource:RUN`

	templated = `
{{{RUN}}}
{{=RUN}}
{{-RUN-}}
{{- RUN -}}
{{RUN|safe}}
{{RUN|raw}}
{{html RUN}}
{{js RUN}}
{{print RUN}}
{{len RUN}}
{{!RUN}}
{{#RUN}}
{{>RUN}}
{{^RUN}}
{{~RUN}}
{{@RUN}}
{{*RUN}}
{{::RUN}}
{{if RUN}}
{{with RUN}}
{{range RUN}}
{{block RUN}}
{%RUN%}
{%if RUN%}
{%-RUN-%}
{#RUN#}
{RUN}
{@html RUN}
{!!RUN!!}
{=RUN}
$RUN
$!RUN
$!{RUN}
${{RUN}}
$${RUN}
#RUN
@RUN
@html(RUN)
~{RUN}
[(RUN)]
[#RUN]
[@RUN]
[%RUN%]
<%=RUN%>
<%-RUN%>
<%==RUN%>
<%!RUN%>
<?=RUN?>
<?RUN?>
<?php RUN?>
<#if RUN>
<@RUN>
<b @click=RUN>
<b :is=RUN>
<b v-html=RUN>
<b v-on:click=RUN>
<b x-init=RUN>
<b x-html=RUN>
<b ng-init=RUN>
<b ng-click=RUN>
<b hx-on:click=RUN>
<b (click)=RUN>
<b [innerHTML]=RUN>
<b #x=RUN>
<b is=x35 x35=NUM>
<b ping=x35 x35=NUM>`
)
