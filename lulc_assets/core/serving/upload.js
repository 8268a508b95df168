const at=document.getElementById.bind(document),say=(t,bad)=>{at('said').textContent=t;
at('said').className=bad?'bad':''};
let view={x:0,y:0,k:1},bounds=null,pic=null;
const share=of=>{for(const li of document.querySelectorAll('#legend li[data-name]'))
li.lastElementChild.textContent=of(li.dataset.name)};
const clear=()=>{if(pic)pic.remove();pic=null;share(()=>'');at('files').replaceChildren();
at('scale').textContent=at('where').textContent='';at('scale').style.width=0};
const draw=()=>{if(!pic)return;pic.style.transform=`translate(${view.x}px,${view.y}px) scale(${view.k})`;
const m=bounds.metres/pic.naturalWidth/view.k;let n=10**Math.floor(Math.log10(m*150));
if(n*5/m<150)n*=5;else if(n*2/m<150)n*=2;at('scale').style.width=n/m+'px';
at('scale').textContent=n>=1000?n/1000+' km':n+' m'};
const mercator=v=>Math.log(Math.tan(Math.PI/4+v*Math.PI/360)),
back=y=>(2*Math.atan(Math.exp(y))-Math.PI/2)*180/Math.PI;
at('map').onpointermove=e=>{if(!pic)return;const r=at('map').getBoundingClientRect();
if(e.buttons){view.x+=e.movementX;view.y+=e.movementY;draw()}
const u=(e.clientX-r.left-view.x)/view.k/pic.naturalWidth,v=(e.clientY-r.top-view.y)/view.k/pic.naturalHeight;
const [w,s,o,n]=bounds.box,lon=w+(o-w)*u,lat=back(mercator(n)+(mercator(s)-mercator(n))*v);
at('where').textContent=u>=0&&u<=1&&v>=0&&v<=1?`${lat.toFixed(5)}, ${lon.toFixed(5)}`:''};
at('map').onwheel=e=>{if(!pic)return;e.preventDefault();const r=at('map').getBoundingClientRect(),
x=e.clientX-r.left,y=e.clientY-r.top,f=Math.exp(-e.deltaY/400);
view.x=x-(x-view.x)*f;view.y=y-(y-view.y)*f;view.k*=f;draw()};
at('form').onsubmit=async e=>{e.preventDefault();const file=at('file').files[0];if(!file)return;
at('go').disabled=true;clear();say('Mapping '+file.name+' …');
const head={'Content-Type':'image/tiff'};if(at('key').value)head['X-API-Key']=at('key').value;
try{const r=await fetch('predictions',{method:'POST',body:file,headers:head}),made=await r.json();
if(!r.ok){say(typeof made.detail==='string'?made.detail:'The request was refused.',true);return}
const png=await fetch(made.files+'class.png',{headers:head}),box=made.item.properties['lulc:preview'].bounds;
const url=URL.createObjectURL(await png.blob());const shown=new Image();
shown.alt='Land cover';await new Promise(d=>{shown.onload=d;shown.src=url});
const r2=at('map').getBoundingClientRect();pic=shown;at('map').prepend(pic);
bounds={box,metres:(box[2]-box[0])*111320*Math.cos((box[1]+box[3])/2*Math.PI/180)};
view.k=Math.min(r2.width/pic.naturalWidth,r2.height/pic.naturalHeight);
view.x=(r2.width-view.k*pic.naturalWidth)/2;view.y=(r2.height-view.k*pic.naturalHeight)/2;draw();
const all=Object.values(made.pixels).reduce((a,b)=>a+b,0);
share(name=>made.pixels[name]?` ${(100*made.pixels[name]/all).toFixed(1)} %`:' –');
for(const f of ['class.tif','probability.tif','item.json']){
const b=await(await fetch(made.files+f,{headers:head})).blob(),a=document.createElement('a');
a.href=URL.createObjectURL(b);a.download=f;a.textContent=f;at('files').append(a,' ')}
say(all.toLocaleString('en')+' pixels mapped.')}
catch(error){say('No answer: '+error.message,true)}finally{at('go').disabled=false}};
